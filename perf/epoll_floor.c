// The floor: the least that an HTTP server on epoll can do. One thread reads keep-alive requests,
// finds where each ends, and writes the same bytes for each. No parsing, no routing.
//
//   epoll_floor PORT|unix:PATH ANSWER_FILE      ANSWER_FILE holds the whole answer, status line to
//   body
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
#include <unistd.h>

enum { input_max = 16384, answers_max = 64, events_max = 256 };

struct connection {
    int fd;
    size_t used;
    char input[input_max];
};

static char answer[4096];
static size_t answer_size;

static void die(const char* what) {
    perror(what);
    exit(1);
}

// The length of the first request, or 0 if it is not complete yet.
static size_t request_length(const char* bytes, size_t size) {
    const char* end = memmem(bytes, size, "\r\n\r\n", 4);
    if (!end) return 0;
    const size_t header = (size_t)(end - bytes) + 4;
    const char* length = memmem(bytes, header, "Content-Length: ", 16);
    const size_t whole = header + (length ? strtoul(length + 16, NULL, 10) : 0);
    return whole <= size ? whole : 0;
}

static int answer_all(struct connection* c) {
    char out[answers_max * sizeof answer];
    size_t out_size = 0;
    size_t done = 0;
    for (size_t n; (n = request_length(c->input + done, c->used - done)) > 0; done += n) {
        memcpy(out + out_size, answer, answer_size);
        out_size += answer_size;
        if (out_size > sizeof out - sizeof answer) break;
    }
    memmove(c->input, c->input + done, c->used - done);
    c->used -= done;
    return out_size == 0 || send(c->fd, out, out_size, MSG_NOSIGNAL) == (ssize_t)out_size;
}

static void serve(struct connection* c) {
    const ssize_t n = recv(c->fd, c->input + c->used, input_max - c->used, 0);
    if (n < 0 && errno == EAGAIN) return;
    if (n > 0) {
        c->used += (size_t)n;
        if (answer_all(c)) return;
    }
    close(c->fd);
    free(c);
}

static void accept_all(int listener, int epoll) {
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        const int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        struct connection* c = malloc(sizeof *c);
        if (!c) die("malloc");
        c->fd = fd;
        c->used = 0;
        struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.ptr = c};
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) die("epoll_ctl");
    }
}

static int bound(const struct sockaddr* where, socklen_t size) {
    const int fd = socket(where->sa_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
    const int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, where, size) != 0) die("bind");
    if (listen(fd, 1024) != 0) die("listen");
    return fd;
}

static int listen_on(const char* place) {
    if (strncmp(place, "unix:", 5) == 0) {
        struct sockaddr_un where = {.sun_family = AF_UNIX};
        if (strlen(place + 5) >= sizeof where.sun_path) {
            fprintf(stderr, "a unix socket's path has at most %zu bytes\n",
                    sizeof where.sun_path - 1);
            exit(64);
        }
        strcpy(where.sun_path, place + 5);
        return bound((const struct sockaddr*)&where, sizeof where);
    }
    const struct sockaddr_in where = {.sin_family = AF_INET,
                                      .sin_port = htons((unsigned short)atoi(place)),
                                      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    return bound((const struct sockaddr*)&where, sizeof where);
}

int main(int count, char** arguments) {
    if (count != 3) {
        fprintf(stderr, "usage: epoll_floor PORT|unix:PATH ANSWER_FILE\n");
        return 64;
    }
    FILE* file = fopen(arguments[2], "rb");
    if (!file) die(arguments[2]);
    answer_size = fread(answer, 1, sizeof answer, file);
    fclose(file);

    const int listener = listen_on(arguments[1]);
    const int epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) != 0) die("epoll_ctl");
    for (struct epoll_event events[events_max];;) {
        const int n = epoll_wait(epoll, events, events_max, -1);
        for (int i = 0; i < n; ++i) {
            if (events[i].data.ptr)
                serve(events[i].data.ptr);
            else
                accept_all(listener, epoll);
        }
    }
}
