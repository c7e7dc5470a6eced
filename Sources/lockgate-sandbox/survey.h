// What this kernel and its settings grant: each layer tried by itself, nothing run and nothing left behind.
#ifndef LOCKGATE_SURVEY_H
#define LOCKGATE_SURVEY_H

// Tries everything and sends one REPORT_SURVEY to `socket`: lines "name number". The number is 0 when the layer can be
// had, or the errno it was refused with; ECANCELED when an earlier refusal left nothing to try. `landlock_abi` is the ABI.
void survey(int socket, unsigned uid, unsigned gid);

#endif
