// The two messages of tagged records that the agent sends: the policy of a session, and a command.
//
//   header   u32 magic "LGSB" (policy) or "LGSC" (command)  u32 version  u32 total bytes  u32 records   (little endian)
//   record   u16 tag  u16 zero  u32 length  payload
//
// A string payload ends in its only NUL. Anything else is refused as a whole: there is no partial policy and no
// partial command, and neither message may hold records of the other. How they arrive: main.c and request.h.
#ifndef LOCKGATE_POLICY_H
#define LOCKGATE_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POLICY_VERSION 3u
#define POLICY_MAX_BYTES (16u << 20)
#define POLICY_MAX_RECORDS 200000u
#define POLICY_MAX_MOUNTS 8192u

enum message_kind {
    MESSAGE_POLICY = 0x4253474c,  // flags, limits, mounts, placeholders
    MESSAGE_COMMAND = 0x4353474c, // flags, folder, arguments, environment, terminal; mounts and placeholders that protect
};

enum policy_tag {
    TAG_FLAGS = 1,       // u32: enum policy_flag
    TAG_LIMITS = 2,      // u32 processes, u32 zero, u64 bytes of temporary files
    TAG_CWD = 3,         // string, absolute
    TAG_ARGUMENT = 4,    // string, in order
    TAG_ENVIRONMENT = 5, // string NAME=VALUE
    TAG_MOUNT = 6,       // u8 enum mount_kind, string path [, string: target of a symbolic link, content of a file, folder of a stage];
                         // in a command an upper-case kind is one that the session's view does not have
    TAG_TERMINAL = 7,    // u16 rows, u16 columns
    TAG_PLACEHOLDER = 8, // u8 kind 'd' | 'f' (upper-case as for mounts), string path, string content (empty for 'd')
};

enum policy_flag {
    FLAG_CONTAINED = 1 << 0,   // policy: namespaces, mounts, Landlock, seccomp; absent: danger-full-access
    FLAG_PRIVATE_NET = 1 << 1, // policy: own network namespace with loopback only
    FLAG_TERMINAL = 1 << 2,    // command: a new pseudo-terminal becomes fds 0-2 and the controlling terminal
    FLAG_PROBE = 1 << 3,       // command: set everything up, run nothing, report the layers
    FLAG_OWN_PLAN = 1 << 4,    // command: its mounts and placeholders, all of them, replace those of the policy
    FLAG_ONE_SHOT = 1 << 5,    // policy: there will be one command only
    FLAG_KEEPER = 1 << 6,      // policy: hold its placeholders, run nothing
    FLAG_SURVEY = 1 << 7,      // policy: try each layer by itself, run nothing (survey.h)
    FLAG_OUTER_PROC = 1 << 8,  // policy, contained: a fresh /proc is refused here; the one that is there serves, read-only
    FLAG_FENCED = 1 << 9,      // policy, instead of contained: no namespaces; Landlock and a stricter seccomp filter alone
    FLAG_KEEP_MODES = 1 << 10, // policy, fenced: nobody changes modes or times of files
    FLAG_UNCHANGED = 1 << 11,  // command: since before the command before it was sent, no name on the way to what is protected changed
    FLAGS_OF_POLICY = FLAG_CONTAINED | FLAG_PRIVATE_NET | FLAG_ONE_SHOT | FLAG_KEEPER | FLAG_SURVEY | FLAG_OUTER_PROC | FLAG_FENCED | FLAG_KEEP_MODES,
    FLAGS_OF_COMMAND = FLAG_TERMINAL | FLAG_PROBE | FLAG_OWN_PLAN | FLAG_UNCHANGED,
};

enum mount_kind {
    MOUNT_WRITABLE = 'w', // keeps the host's own flags although the root becomes read-only
    MOUNT_VISIBLE = 'v',  // read-only, placed again inside a private directory that would hide it
    MOUNT_PIN = 'p',      // a mount of itself: cannot be renamed or removed
    MOUNT_READONLY = 'r', // pinned and read-only
    MOUNT_MASK = 'm',     // an empty read-only folder or file in its place
    MOUNT_CONTENT = 'c',  // a read-only file with other content in its place
    MOUNT_SYMLINK = 'l',  // symbolic link inside a private directory
    MOUNT_DEVICE = 'd',   // device node or folder of /dev made visible
    MOUNT_OVERLAY = 'o',  // a writable layer over what is there: target/upper holds the changes, target/work is the kernel's
    MOUNT_COPY = 's',     // the folder `target` in its place, writable
    MOUNT_READABLE = 'a', // fenced only, no mount: what may be read below it
};

struct policy_mount {
    enum mount_kind kind;
    const char *path;
    const char *target;
    int tree;
    bool stands; // placed in the session's view; on a command's check: found in place
    bool added;  // of a command's own plan: not part of the session's view
};

struct placeholder {
    char kind;
    const char *path;
    const char *content;
    int fd;
    int parent;
    bool stands, added; // as for mounts
};

struct policy {
    enum message_kind message;
    uint32_t flags;
    uint32_t processes;
    uint64_t temporary_bytes;
    const char *cwd;
    char **arguments, **environment;
    size_t argument_count, environment_count;
    struct policy_mount *mounts;
    size_t mount_count;
    struct placeholder *placeholders;
    size_t placeholder_count;
    uint16_t rows, columns;
};

// Parses `size` bytes at `bytes`, which must outlive the policy: strings point into it.
// Returns NULL, or what is wrong with the message; free it in either case.
const char *policy_parse(struct policy *policy, enum message_kind kind, const uint8_t *bytes, size_t size);
void policy_free(struct policy *policy);

#endif
