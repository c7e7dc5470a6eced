// How commands arrive: one message each on a SOCK_SEQPACKET that the agent shares with the zygote and the inits it keeps
// ready. Whoever receives the message serves that command and nothing else.
//
//   message      u32 magic "LGRQ"  u32 enum request_part  then the command message of policy.h, unless it is in a file
//   descriptors  1. the command's channel (SOCK_SEQPACKET), always
//                2.-4. its input, output and errors, with REQUEST_STANDARD
//                last  a memory file with the command message, with REQUEST_FILE (for long ones)
//
// The channel belongs to this one command: reports (report.h) leave on it, `struct order`s to signal or kill the command
// come in on it, and its end means that the agent no longer wants the command. Nothing can be confused between commands.
// A message with anything too much, too little or unknown is refused as a whole, on its channel if it has one.
#ifndef LOCKGATE_REQUEST_H
#define LOCKGATE_REQUEST_H

#include "policy.h"
#include "report.h"

#define REQUEST_MAGIC 0x5152474cu
#define REQUEST_HEADER 8u
#define REQUEST_MAX_INLINE (64u << 10)
#define REQUEST_MAX_DESCRIPTORS 5u

enum request_part { REQUEST_STANDARD = 1, REQUEST_FILE = 2, REQUEST_PARTS = 3 };

struct request {
    struct policy policy;
    int channel;
    int standard[3]; // -1 without
    void *file;      // private copy of a command that came in a file, or NULL; the policy points into it
};

enum request_result {
    REQUEST_OK,
    REQUEST_REFUSED, // `f` says why; the channel is -1 when not even that came
    REQUEST_NONE,    // nothing there (only without waiting)
    REQUEST_ENDED,   // the agent is gone
};

// Receives one command; waits for it if asked to. The caller owns the descriptors in every case.
enum request_result request_receive(int socket, bool wait, struct request *request, struct failure *f);

// Receives what is there and answers each with `f`: for a helper that cannot run anything. Waits for the first.
void request_refuse_all(int socket, bool wait, const struct failure *f);

// Checks the first bytes of a message and the number of descriptors that came with it. Returns NULL and the parts, or
// what is wrong.
const char *request_check(const uint8_t *bytes, size_t size, size_t descriptors, uint32_t *parts);

#endif
