#include "policy.h"

#include <stdlib.h>
#include <string.h>

static uint32_t u32_at(const uint8_t *p) {
    uint32_t value;
    memcpy(&value, p, 4);
    return value;
}
static uint16_t u16_at(const uint8_t *p) {
    uint16_t value;
    memcpy(&value, p, 2);
    return value;
}

// A record's payload, consumed from the front.
struct cursor {
    const uint8_t *at;
    size_t left;
};

static const char *take_string(struct cursor *c) {
    const uint8_t *end = memchr(c->at, 0, c->left);
    if (!end) return NULL;
    const char *string = (const char *)c->at;
    size_t used = (size_t)(end - c->at) + 1;
    c->at += used;
    c->left -= used;
    return string;
}

static const char *take_last_string(struct cursor *c) {
    const char *string = take_string(c);
    return string && c->left == 0 ? string : NULL;
}

static bool is_canonical(const char *path) {
    if (path[0] != '/') return false;
    for (const char *p = path; *p; p++) {
        if (p[0] != '/') continue;
        if (p[1] == '/') return false;
        if (p[1] == '\0') return p == path;
        if (p[1] == '.' && (p[2] == '/' || p[2] == '\0')) return false;
        if (p[1] == '.' && p[2] == '.' && (p[3] == '/' || p[3] == '\0')) return false;
    }
    return true;
}

static const char *take_mount(struct policy *policy, struct cursor *c) {
    if (c->left < 2) return "short mount record";
    uint8_t letter = c->at[0];
    c->at++, c->left--;
    struct policy_mount m = {.tree = -1};
    if (policy->message == MESSAGE_COMMAND) {
        m.added = letter >= 'A' && letter <= 'Z';
        if (m.added) letter |= 0x20;
        if (!strchr("prmc", letter) || !letter) return "a command cannot widen its view";
    }
    m.kind = (enum mount_kind)letter;
    switch (m.kind) {
    case MOUNT_WRITABLE: case MOUNT_VISIBLE: case MOUNT_PIN: case MOUNT_READONLY: case MOUNT_MASK: case MOUNT_DEVICE:
    case MOUNT_READABLE:
        m.path = take_last_string(c);
        break;
    case MOUNT_SYMLINK:
    case MOUNT_CONTENT:
    case MOUNT_OVERLAY:
    case MOUNT_COPY:
        m.path = take_string(c);
        m.target = m.path ? take_last_string(c) : NULL;
        if (!m.target || !m.target[0]) return "symbolic link or file without content";
        if ((m.kind == MOUNT_OVERLAY || m.kind == MOUNT_COPY) && !is_canonical(m.target)) return "the folder of a stage is not canonical";
        break;
    default:
        return "unknown kind of mount";
    }
    if (!m.path || !is_canonical(m.path)) return "mount path is not canonical";
    if (m.path[1] == '\0') return "the root cannot be a mount target";
    policy->mounts[policy->mount_count++] = m;
    return NULL;
}

// Layers that cannot go together. A fence has no mounts: what would need one must not be taken for granted.
static const char *check_layers(const struct policy *policy) {
    bool contained = policy->flags & FLAG_CONTAINED, fenced = policy->flags & FLAG_FENCED;
    if (contained && fenced) return "both contained and fenced";
    if (policy->flags & FLAG_OUTER_PROC && !contained) return "an outer /proc without namespaces";
    if (policy->flags & FLAG_KEEP_MODES && !fenced) return "a rule of the fence without it";
    if (fenced && policy->placeholder_count) return "placeholders need mounts";
    for (size_t i = 0; i < policy->mount_count; i++) {
        enum mount_kind kind = policy->mounts[i].kind;
        if ((kind == MOUNT_OVERLAY || kind == MOUNT_COPY) && !contained) return "a stage without namespaces";
        if (kind == MOUNT_READABLE ? !fenced : fenced && kind != MOUNT_WRITABLE) return "mount of other layers";
    }
    return NULL;
}

static const char *take_placeholder(struct policy *policy, struct cursor *c) {
    if (c->left < 3) return "short placeholder record";
    struct placeholder p = {.kind = (char)c->at[0], .fd = -1, .parent = -1};
    c->at++, c->left--;
    if (policy->message == MESSAGE_COMMAND && (p.kind == 'D' || p.kind == 'F')) p.added = true, p.kind |= 0x20;
    p.path = take_string(c);
    p.content = p.path ? take_last_string(c) : NULL;
    if ((p.kind != 'd' && p.kind != 'f') || !p.content) return "malformed placeholder";
    if (!is_canonical(p.path) || p.path[1] == '\0') return "placeholder path is not canonical";
    policy->placeholders[policy->placeholder_count++] = p;
    return NULL;
}

// Whether a record belongs into this kind of message.
static bool is_expected(const struct policy *policy, uint16_t tag) {
    switch (tag) {
    case TAG_FLAGS: case TAG_MOUNT: case TAG_PLACEHOLDER: return true;
    case TAG_LIMITS: return policy->message == MESSAGE_POLICY;
    default: return policy->message == MESSAGE_COMMAND;
    }
}

static const char *take_record(struct policy *policy, uint16_t tag, struct cursor c) {
    if (!is_expected(policy, tag)) return "record of another message";
    switch (tag) {
    case TAG_FLAGS:
        if (c.left != 4) return "malformed flags";
        policy->flags = u32_at(c.at);
        return policy->flags & ~(uint32_t)(policy->message == MESSAGE_POLICY ? FLAGS_OF_POLICY : FLAGS_OF_COMMAND) ? "unknown flag" : NULL;
    case TAG_LIMITS:
        if (c.left != 16) return "malformed limits";
        policy->processes = u32_at(c.at);
        memcpy(&policy->temporary_bytes, c.at + 8, 8);
        return NULL;
    case TAG_CWD:
        policy->cwd = take_last_string(&c);
        return policy->cwd && policy->cwd[0] == '/' ? NULL : "working directory is not absolute";
    case TAG_ARGUMENT:
    case TAG_ENVIRONMENT: {
        char *string = (char *)take_last_string(&c);
        if (!string) return "malformed argument";
        if (tag == TAG_ARGUMENT) policy->arguments[policy->argument_count++] = string;
        else if (strchr(string, '=')) policy->environment[policy->environment_count++] = string;
        else return "environment entry without =";
        return NULL;
    }
    case TAG_MOUNT: return take_mount(policy, &c);
    case TAG_PLACEHOLDER: return take_placeholder(policy, &c);
    case TAG_TERMINAL:
        if (c.left != 4) return "malformed terminal size";
        policy->rows = u16_at(c.at);
        policy->columns = u16_at(c.at + 2);
        return NULL;
    default: return "unknown record";
    }
}

// Calls `visit` for each record; used once to count and once to fill.
static const char *each_record(const uint8_t *bytes, size_t size, uint32_t records, const char *(*visit)(struct policy *, uint16_t, struct cursor),
                               struct policy *policy) {
    size_t at = 16;
    for (uint32_t i = 0; i < records; i++) {
        if (size - at < 8) return "truncated record";
        uint16_t tag = u16_at(bytes + at), zero = u16_at(bytes + at + 2);
        uint32_t length = u32_at(bytes + at + 4);
        at += 8;
        if (zero != 0) return "reserved field is not zero";
        if (length > size - at) return "record exceeds the message";
        const char *wrong = visit(policy, tag, (struct cursor){bytes + at, length});
        if (wrong) return wrong;
        at += length;
    }
    return at == size ? NULL : "bytes after the last record";
}

static const char *count_record(struct policy *policy, uint16_t tag, struct cursor c) {
    (void)c;
    policy->argument_count += tag == TAG_ARGUMENT;
    policy->environment_count += tag == TAG_ENVIRONMENT;
    policy->mount_count += tag == TAG_MOUNT;
    policy->placeholder_count += tag == TAG_PLACEHOLDER;
    return NULL;
}

const char *policy_parse(struct policy *policy, enum message_kind kind, const uint8_t *bytes, size_t size) {
    memset(policy, 0, sizeof *policy);
    policy->message = kind;
    if (size < 16 || size > POLICY_MAX_BYTES) return "message has an impossible size";
    if (u32_at(bytes) != (uint32_t)kind) return "not the expected message";
    if (u32_at(bytes + 4) != POLICY_VERSION) return "helper and agent are of different versions";
    uint32_t records = u32_at(bytes + 12);
    if (u32_at(bytes + 8) != size) return "message length does not match";
    if (records > POLICY_MAX_RECORDS) return "too many records";
    const char *wrong = each_record(bytes, size, records, count_record, policy);
    if (wrong) return wrong;
    if (policy->mount_count > POLICY_MAX_MOUNTS) return "too many mounts";
    policy->arguments = calloc(policy->argument_count + 1, sizeof(char *));
    policy->environment = calloc(policy->environment_count + 1, sizeof(char *));
    policy->mounts = calloc(policy->mount_count + 1, sizeof *policy->mounts);
    policy->placeholders = calloc(policy->placeholder_count + 1, sizeof *policy->placeholders);
    if (!policy->arguments || !policy->environment || !policy->mounts || !policy->placeholders) return "out of memory";
    policy->argument_count = policy->environment_count = policy->mount_count = policy->placeholder_count = 0;
    wrong = each_record(bytes, size, records, take_record, policy);
    if (wrong) return wrong;
    if (kind == MESSAGE_POLICY) return check_layers(policy);
    if (!(policy->flags & FLAG_OWN_PLAN) && policy->mount_count + policy->placeholder_count) return "mounts without a plan";
    if (policy->argument_count == 0) return "no command";
    if (!policy->cwd) return "no working directory";
    return NULL;
}

void policy_free(struct policy *policy) {
    free(policy->arguments);
    free(policy->environment);
    free(policy->mounts);
    free(policy->placeholders);
    memset(policy, 0, sizeof *policy);
}
