#include <sqlite3.h>

/* Copies the bytes before it returns; in C a cast, which Swift cannot spell. */
static inline sqlite3_destructor_type lockgate_sqlite_transient(void) { return SQLITE_TRANSIENT; }

/* sqlite3_db_config takes variable arguments, which Swift cannot call. */
static inline int lockgate_sqlite_defend(sqlite3 *database) {
    int result = sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)0);
    if (result == SQLITE_OK) result = sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, (int *)0);
    return result;
}
