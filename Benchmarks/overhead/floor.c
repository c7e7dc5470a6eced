// The least that can be measured: sends one request to http://127.0.0.1:PORT/v1, reads the answer and ends.
// floor PORT; built by run.py. What it takes is the time of the bench itself: a process, a connection, the model's script.
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char body[] =
    "{\"model\":\"m\",\"stream\":true,\"input\":[{\"type\":\"message\",\"role\":\"user\",\"content\":"
    "[{\"type\":\"input_text\",\"text\":\"hello\"}]}],\"tools\":[]}";

int main(int count, char **arguments) {
    if (count != 2) return 2;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(arguments[1]))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int connection = socket(AF_INET, SOCK_STREAM, 0);
    if (connection < 0 || connect(connection, (struct sockaddr *)&address, sizeof address) != 0) return 1;
    char buffer[4096];
    int length = snprintf(buffer, sizeof buffer,
        "POST /v1/responses HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n%s",
        strlen(body), body);
    if (write(connection, buffer, (size_t)length) != length) return 1;
    while (read(connection, buffer, sizeof buffer) > 0) continue;
    return 0;
}
