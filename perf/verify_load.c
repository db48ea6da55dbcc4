// A client that asks without rest: keep-alive connections, each with one verification of a random key
// under way. It checks that every answer is valid and belongs to its question. One thread on epoll.
//
//   verify_load PORT CONNECTIONS SECONDS KEYS      the keys are bench-key-1 to bench-key-KEYS
//   prints: requests, requests per second, wrong answers
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { input_max = 4096, events_max = 512 };

struct connection {
    int fd;
    unsigned key;
    size_t used;
    char input[input_max];
};

static uint64_t state = 88172645463325252ULL;
static unsigned long keys;
static unsigned long answered;
static unsigned long wrong;

static void die(const char* what) {
    perror(what);
    exit(1);
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static unsigned random_key(void) { // xorshift64
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)(state % keys) + 1;
}

static void ask(struct connection* c) {
    char body[64];
    char request[320];
    c->key = random_key();
    const int size = sprintf(body, "{\"api_key\":\"bench-key-%u\"}", c->key);
    const int length = sprintf(request,
                               "POST /api/v1/auth/verify-api-key HTTP/1.1\r\nHost: localhost\r\n"
                               "Cache-Control: no-store\r\n"
                               "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
                               size, body);
    if (send(c->fd, request, (size_t)length, MSG_NOSIGNAL) != length) die("send");
}

// Is the whole answer there, and is it the right one? -1: not whole yet.
static int judge(const struct connection* c) {
    const char* end = memmem(c->input, c->used, "\r\n\r\n", 4);
    if (!end) return -1;
    const char* length = memmem(c->input, c->used, "Content-Length: ", 16);
    if (!length) return 0;
    const char* body = end + 4;
    if ((size_t)(body - c->input) + strtoul(length + 16, NULL, 10) > c->used) return -1;
    char expected[80];
    const int n = sprintf(expected, "{\"valid\":true,\"code\":\"VALID\",\"key_id\":\"key_%u\",", c->key);
    return memcmp(body, expected, (size_t)n) == 0;
}

static void receive(struct connection* c) {
    const ssize_t n = recv(c->fd, c->input + c->used, input_max - c->used, 0);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) die("the server closed a connection");
    c->used += (size_t)n;
    const int good = judge(c);
    if (good < 0) return;
    ++answered;
    wrong += good == 0;
    c->used = 0;
    ask(c);
}

int main(int count, char** arguments) {
    if (count != 5) {
        fprintf(stderr, "usage: verify_load PORT CONNECTIONS SECONDS KEYS\n");
        return 64;
    }
    const int connections = atoi(arguments[2]);
    const double seconds = atof(arguments[3]);
    keys = strtoul(arguments[4], NULL, 10);
    state ^= (uint64_t)time(NULL) << 20;
    const struct sockaddr_in where = {.sin_family = AF_INET,
                                      .sin_port = htons((unsigned short)atoi(arguments[1])),
                                      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int epoll = epoll_create1(0);
    for (int i = 0; i < connections; ++i) {
        struct connection* c = calloc(1, sizeof *c);
        if (!c) die("calloc");
        c->fd = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(c->fd, (const struct sockaddr*)&where, sizeof where) != 0) die("connect");
        const int on = 1;
        setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &event) != 0) die("epoll_ctl");
        ask(c);
    }
    const double begun = now();
    while (now() - begun < seconds) {
        struct epoll_event events[events_max];
        const int n = epoll_wait(epoll, events, events_max, 1000);
        for (int i = 0; i < n; ++i) receive(events[i].data.ptr);
    }
    printf("%lu %.0f %lu\n", answered, (double)answered / (now() - begun), wrong);
    return 0;
}
