// A client that verifies random keys without a pause. It uses keep-alive connections, each with one request under
// way, and checks that every answer is valid and belongs to its request. One thread on epoll.
//
//   verify_load PORT CONNECTIONS SECONDS KEYS [RATE]   the keys are bench-key-1 to bench-key-KEYS
//   prints: requests, requests per second, wrong answers
//
// With RATE, it sends that many requests per second, however long the answers take, each on a connection
// that is free. 503 UNAVAILABLE counts as refused, not as wrong. Times count from when a request was due.
//   prints: the numbers of valid, refused and wrong answers; the 99th percentile and the largest time in ms of the
//   valid ones, then of the refused ones; the largest number of requests that waited for a free connection
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
    double due;
    unsigned key;
    size_t used;
    char input[input_max];
};

static uint64_t state = 88172645463325252ULL;
static unsigned long keys;
static unsigned long answered;
static unsigned long wrong;

// Used only with RATE.
enum { steps = 400000, steps_per_ms = 100, free_max = 16384 }; // up to 4 s
static double rate;
static unsigned times[2][steps]; // of the valid answers, of the refused ones
static struct connection* idle[free_max]; // a ring, so that none rests so long that the server closes it
static unsigned idle_first;
static unsigned idle_count;

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

// Checks the answer. 1: right; 0: wrong; -1: not complete yet; 2: refused.
static int judge(const struct connection* c) {
    const char* end = memmem(c->input, c->used, "\r\n\r\n", 4);
    if (!end) return -1;
    const char* length = memmem(c->input, c->used, "Content-Length: ", 16);
    if (!length) return 0;
    const char* body = end + 4;
    if ((size_t)(body - c->input) + strtoul(length + 16, NULL, 10) > c->used) return -1;
    char expected[80];
    const int n = sprintf(expected, "{\"valid\":true,\"code\":\"VALID\",\"key_id\":\"key_%u\",", c->key);
    if (memcmp(body, expected, (size_t)n) == 0) return 1;
    const char* refused = "HTTP/1.1 503 ";
    return rate > 0 && memcmp(c->input, refused, strlen(refused)) == 0 &&
                   memmem(body, c->used - (size_t)(body - c->input), "\"UNAVAILABLE\"", 13) != NULL
               ? 2
               : 0;
}

static void rest(struct connection* c) {
    idle[(idle_first + idle_count++) % free_max] = c;
}

static void note(struct connection* c, int outcome) {
    if (outcome > 0) {
        const double step = (now() - c->due) * 1000 * steps_per_ms;
        ++times[outcome - 1][step < 0 ? 0 : step < steps - 1 ? (int)step : steps - 1];
    }
    rest(c);
}

// Returns the time in ms that the given part of all answers did not exceed.
static double percentile(const unsigned* counts, double part) {
    unsigned long all = 0, so_far = 0;
    for (int i = 0; i < steps; ++i) all += counts[i];
    for (int i = 0; i < steps; ++i)
        if (counts[i] && (double)(so_far += counts[i]) >= part * (double)all) return (i + 1.0) / steps_per_ms;
    return 0;
}

static unsigned long sum(const unsigned* counts) {
    unsigned long all = 0;
    for (int i = 0; i < steps; ++i) all += counts[i];
    return all;
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
    if (rate > 0)
        note(c, good);
    else
        ask(c);
}

// Sends the requests that are due, as long as connections are free. Returns how many are left.
static double ask_due(double begun, unsigned long* asked) {
    const double at = now();
    const double due = (at - begun) * rate;
    while (idle_count > 0 && (double)*asked < due) {
        struct connection* c = idle[idle_first];
        idle_first = (idle_first + 1) % free_max;
        --idle_count;
        c->due = begun + (double)(*asked)++ / rate;
        ask(c);
    }
    return due - (double)*asked;
}

static void run_at_rate(int epoll, double seconds) {
    const double begun = now();
    unsigned long asked = 0;
    double backlog = 0;
    while (now() - begun < seconds) {
        const double left = ask_due(begun, &asked);
        if (left > backlog) backlog = left;
        struct epoll_event events[events_max];
        const int n = epoll_wait(epoll, events, events_max, idle_count > 0 ? 1 : 10);
        for (int i = 0; i < n; ++i) receive(events[i].data.ptr);
    }
    printf("%lu %lu %lu %.2f %.2f %.2f %.2f %.0f\n", sum(times[0]), sum(times[1]), wrong,
           percentile(times[0], 0.99), percentile(times[0], 1), percentile(times[1], 0.99),
           percentile(times[1], 1), backlog);
}

int main(int count, char** arguments) {
    if (count != 5 && count != 6) {
        fprintf(stderr, "usage: verify_load PORT CONNECTIONS SECONDS KEYS [RATE]\n");
        return 64;
    }
    if (count == 6) rate = atof(arguments[5]);
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
        if (rate > 0 && i < free_max)
            rest(c);
        else
            ask(c);
    }
    if (rate > 0) {
        run_at_rate(epoll, seconds);
        return 0;
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
