// A client that sends one request again and again, without a pause. It uses keep-alive connections, by TCP or
// by a unix socket, each with one request under way. One thread on epoll.
//
//   same_load PLACE CONNECTIONS SECONDS FILE   PLACE: a port of 127.0.0.1, or a path; FILE: the request
//   prints: answers, answers per second, those that were not 200
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { input_max = 16384, events_max = 256 };

struct connection {
    int fd;
    size_t used;
    char input[input_max];
};

static char request[8192];
static size_t request_size;
static unsigned long answered, bad;

static void die(const char* what) {
    perror(what);
    exit(1);
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int connect_to(const char* place) {
    int fd;
    if (*place == '/') {
        struct sockaddr_un where = {.sun_family = AF_UNIX};
        strncpy(where.sun_path, place, sizeof where.sun_path - 1);
        fd = socket(AF_UNIX, SOCK_STREAM, 0);
        if (connect(fd, (const struct sockaddr*)&where, sizeof where) != 0) die("connect");
    } else {
        const struct sockaddr_in where = {.sin_family = AF_INET,
                                          .sin_port = htons((unsigned short)atoi(place)),
                                          .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        fd = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(fd, (const struct sockaddr*)&where, sizeof where) != 0) die("connect");
        const int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    return fd;
}

static void ask(struct connection* c) {
    c->used = 0;
    if (send(c->fd, request, request_size, MSG_NOSIGNAL) != (ssize_t)request_size) die("send");
}

static int whole(const struct connection* c) {
    const char* end = memmem(c->input, c->used, "\r\n\r\n", 4);
    const char* length = memmem(c->input, c->used, "Content-Length: ", 16);
    return end && length &&
           (size_t)(end + 4 - c->input) + strtoul(length + 16, NULL, 10) <= c->used;
}

static void receive(struct connection* c) {
    const ssize_t n = recv(c->fd, c->input + c->used, input_max - c->used, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) die("the server closed a connection");
    c->used += (size_t)n;
    if (!whole(c)) return;
    ++answered;
    bad += memcmp(c->input, "HTTP/1.1 200 ", 13) != 0;
    ask(c);
}

int main(int count, char** arguments) {
    if (count != 5) {
        fprintf(stderr, "usage: same_load PLACE CONNECTIONS SECONDS FILE\n");
        return 64;
    }
    FILE* file = fopen(arguments[4], "r");
    if (!file) die(arguments[4]);
    request_size = fread(request, 1, sizeof request, file);
    fclose(file);
    const int epoll = epoll_create1(0);
    for (int i = 0; i < atoi(arguments[2]); ++i) {
        struct connection* c = calloc(1, sizeof *c);
        if (!c) die("calloc");
        c->fd = connect_to(arguments[1]);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &event) != 0) die("epoll_ctl");
        ask(c);
    }
    const double seconds = atof(arguments[3]);
    const double begun = now();
    while (now() - begun < seconds) {
        struct epoll_event events[events_max];
        const int n = epoll_wait(epoll, events, events_max, 1000);
        for (int i = 0; i < n; ++i) receive(events[i].data.ptr);
    }
    printf("%lu %.0f %lu\n", answered, (double)answered / (now() - begun), bad);
    return 0;
}
