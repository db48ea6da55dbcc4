// A client that sends requests at a steady rate, even if answers are late. It uses keep-alive connections in
// turn, each with one request at a time. Latency counts from the time when a request was due. One thread on epoll.
//
//   paced_load PORT CONNECTIONS RATE SECONDS PATH BODY [FIELDS]      FIELDS: further lines, each with CR LF
//   prints: answers, those that were not 200 with "valid":true, median and p99 in microseconds
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { input_max = 16384, events_max = 64 };

struct connection {
    int fd;
    double due; // when its request was due; 0: it has none
    size_t used;
    char input[input_max];
};

static char request[8192];
static size_t request_size;
static double* latencies;
static size_t answered, wrong;

static void die(const char* what) {
    perror(what);
    exit(1);
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void ask(struct connection* c, double due) {
    c->due = due;
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
    if (n == 0) die("the server closed a connection");
    if (n < 0) return;
    c->used += (size_t)n;
    if (!whole(c)) return;
    wrong += memcmp(c->input, "HTTP/1.1 200", 12) != 0 ||
             !memmem(c->input, c->used, "\"valid\":true", 12);
    latencies[answered++] = now() - c->due;
    c->due = 0;
}

static int by_size(const void* a, const void* b) {
    const double x = *(const double*)a, y = *(const double*)b;
    return (x > y) - (x < y);
}

static struct connection* connect_one(int port, int epoll) {
    const struct sockaddr_in where = {.sin_family = AF_INET,
                                      .sin_port = htons((unsigned short)port),
                                      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct connection* c = calloc(1, sizeof *c);
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(c->fd, (const struct sockaddr*)&where, sizeof where) != 0) die("connect");
    const int on = 1;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &event) != 0) die("epoll_ctl");
    return c;
}

// Sets the timer to when the next request is due. A fixed tick would be late, which would count as latency.
static void wake_at(int timer, double due) {
    const struct itimerspec once = {.it_value = {.tv_sec = (time_t)due,
                                                 .tv_nsec = (long)((due - (double)(time_t)due) * 1e9)}};
    timerfd_settime(timer, TFD_TIMER_ABSTIME, &once, NULL);
}

int main(int count, char** a) {
    if (count != 7 && count != 8) {
        fprintf(stderr, "usage: paced_load PORT CONNECTIONS RATE SECONDS PATH BODY [FIELDS]\n");
        return 64;
    }
    const int connections = atoi(a[2]);
    const double rate = atof(a[3]), seconds = atof(a[4]);
    request_size = (size_t)snprintf(request, sizeof request,
                                    "POST %s HTTP/1.1\r\nHost: localhost\r\n"
                                    "Content-Type: application/json\r\nContent-Length: %zu\r\n%s\r\n%s",
                                    a[5], strlen(a[6]), count == 8 ? a[7] : "", a[6]);
    if (request_size >= sizeof request) die("the request is too long");
    latencies = calloc((size_t)(rate * seconds) + 1024, sizeof *latencies);
    const int epoll = epoll_create1(EPOLL_CLOEXEC);
    struct connection** all = calloc((size_t)connections, sizeof *all);
    for (int i = 0; i < connections; ++i) all[i] = connect_one(atoi(a[1]), epoll);
    const int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    struct epoll_event tick = {.events = EPOLLIN, .data.ptr = NULL};
    epoll_ctl(epoll, EPOLL_CTL_ADD, timer, &tick);

    const double begun = now();
    size_t asked = 0, next = 0;
    while (now() - begun < seconds) {
        wake_at(timer, begun + (double)(asked + 1) / rate);
        struct epoll_event events[events_max];
        const int n = epoll_wait(epoll, events, events_max, 1000);
        for (int i = 0; i < n; ++i) {
            uint64_t ticks;
            if (events[i].data.ptr)
                receive(events[i].data.ptr);
            else
                (void)!read(timer, &ticks, sizeof ticks);
        }
        // Sends all requests that are due, as long as connections are free.
        for (int tried = 0; tried < connections; ++tried) {
            const double due = begun + (double)(asked + 1) / rate;
            if (due > now()) break;
            struct connection* c = all[next];
            next = (next + 1) % (size_t)connections;
            if (c->due != 0) continue;
            ask(c, due);
            ++asked;
        }
    }
    if (answered == 0) die("no answer");
    qsort(latencies, answered, sizeof *latencies, by_size);
    printf("%zu %zu %.1f %.1f\n", answered, wrong, latencies[answered / 2] * 1e6,
           latencies[answered * 99 / 100] * 1e6);
    return 0;
}
