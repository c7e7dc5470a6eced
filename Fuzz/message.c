// libFuzzer target: the policy and command messages. The first byte chooses the kind and whether the header is made
// right, so that the records behind it are reached at once.
#include "policy.h"

#include <stdlib.h>
#include <string.h>

static const uint8_t *start;
static size_t length;

// Every string must end inside of the message.
static void check_string(const char *string) {
    if ((const uint8_t *)string < start || (const uint8_t *)string >= start + length) abort();
    if (!memchr(string, 0, length - (size_t)((const uint8_t *)string - start))) abort();
}

static void check_path(const char *path) {
    check_string(path);
    if (path[0] != '/' || path[1] == '\0' || strstr(path, "//") || strstr(path, "/../") || strstr(path, "/./")) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 17 || size > POLICY_MAX_BYTES) return 0;
    enum message_kind kind = data[0] & 1 ? MESSAGE_COMMAND : MESSAGE_POLICY;
    length = size - 1;
    uint8_t *bytes = malloc(length);
    memcpy(bytes, data + 1, length);
    if (data[0] & 2) {
        uint32_t header[4] = {(uint32_t)kind, POLICY_VERSION, (uint32_t)length, 0};
        memcpy(bytes, header, 12);
        // As many records as there are, so that only a wrong record makes a message wrong.
        size_t at = 16;
        uint32_t records = 0, payload;
        while (length - at >= 8 && records < POLICY_MAX_RECORDS) {
            memcpy(&payload, bytes + at + 4, 4);
            if (payload > length - at - 8) break;
            at += 8 + payload, records++;
        }
        memcpy(bytes + 12, &records, 4);
    }
    start = bytes;
    struct policy policy;
    if (!policy_parse(&policy, kind, bytes, length)) {
        if (policy.flags & ~(uint32_t)(kind == MESSAGE_POLICY ? FLAGS_OF_POLICY : FLAGS_OF_COMMAND)) abort();
        if (kind == MESSAGE_COMMAND && (!policy.argument_count || !policy.cwd)) abort();
        if (kind == MESSAGE_POLICY && (policy.argument_count || policy.environment_count || policy.cwd)) abort();
        for (size_t i = 0; i < policy.argument_count; i++) check_string(policy.arguments[i]);
        for (size_t i = 0; i < policy.environment_count; i++) check_string(policy.environment[i]);
        for (size_t i = 0; i < policy.mount_count; i++) {
            check_path(policy.mounts[i].path);
            if (policy.mounts[i].target) check_string(policy.mounts[i].target);
            if (kind == MESSAGE_COMMAND && !strchr("prmc", policy.mounts[i].kind)) abort();
        }
        for (size_t i = 0; i < policy.placeholder_count; i++) check_path(policy.placeholders[i].path);
    }
    policy_free(&policy);
    free(bytes);
    return 0;
}
