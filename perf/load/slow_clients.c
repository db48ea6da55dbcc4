// Slow clients: each holds a connection, sends or reads one byte per second, and connects again when the server
// has closed the connection. They are spread evenly over the second, as independent clients would be. One thread
// on epoll; runs until SIGTERM.
//
//   slow_clients PORT COUNT header|body|read
//   prints: "ready" once all are connected; at the end, how many connections the server has closed
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { rounds_per_second = 1000, events_max = 1024, reopened_per_round = 2, requests_read = 16 };

static const char header_begin[] = "GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Slow: ";
static const char body_begin[] = "POST /api/v1/auth/verify-api-key HTTP/1.1\r\nHost: localhost\r\n"
                                 "Content-Type: application/json\r\nContent-Length: 60000\r\n\r\n";
static const char question[] = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

static volatile sig_atomic_t ending;
static struct sockaddr_in where;
static int* sockets;
static int* gone; // indices to connect again
static int gone_count;
static int epoll;
static char kind;
static unsigned long closed;

static void end(int signal) {
    (void)signal;
    ending = 1;
}

static void die(const char* what) {
    perror(what);
    exit(1);
}

static void begin(int fd) {
    if (kind == 'h') {
        (void)!send(fd, header_begin, sizeof header_begin - 1, MSG_NOSIGNAL);
    } else if (kind == 'b') {
        (void)!send(fd, body_begin, sizeof body_begin - 1, MSG_NOSIGNAL);
    } else {
        for (int i = 0; i < requests_read; ++i)
            (void)!send(fd, question, sizeof question - 1, MSG_NOSIGNAL);
    }
}

static void open_one(int i) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) die("socket");
    const int little = 4096;
    if (kind == 'r') setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &little, sizeof little);
    if (connect(fd, (const struct sockaddr*)&where, sizeof where) != 0) die("connect");
    struct epoll_event event = {.events = EPOLLRDHUP, .data.u32 = (unsigned)i};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) die("epoll_ctl");
    sockets[i] = fd;
    begin(fd);
}

static void close_one(int i) {
    if (sockets[i] < 0) return;
    close(sockets[i]);
    sockets[i] = -1;
    gone[gone_count++] = i;
    ++closed;
}

static void move_a_byte(int i) {
    char byte = 'x';
    if (sockets[i] < 0) return;
    if (kind == 'r')
        (void)!recv(sockets[i], &byte, 1, MSG_DONTWAIT);
    else
        (void)!send(sockets[i], &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

int main(int count, char** arguments) {
    if (count != 4 || !strchr("hbr", arguments[3][0])) {
        fprintf(stderr, "usage: slow_clients PORT COUNT header|body|read\n");
        return 64;
    }
    const int clients = atoi(arguments[2]);
    kind = arguments[3][0];
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    signal(SIGTERM, end);
    where = (struct sockaddr_in){.sin_family = AF_INET,
                                 .sin_port = htons((unsigned short)atoi(arguments[1])),
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    sockets = calloc((size_t)clients, sizeof *sockets);
    gone = calloc((size_t)clients, sizeof *gone);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    for (int i = 0; i < clients; ++i) open_one(i);
    puts("ready");
    fflush(stdout);
    const struct timespec pause = {.tv_nsec = 1000000000L / rounds_per_second};
    for (int round = 0; !ending; round = (round + 1) % rounds_per_second) {
        struct epoll_event events[events_max];
        const int n = epoll_wait(epoll, events, events_max, 0);
        for (int e = 0; e < n; ++e) close_one((int)events[e].data.u32);
        for (int k = 0; k < reopened_per_round && gone_count > 0; ++k) open_one(gone[--gone_count]);
        for (int i = round; i < clients; i += rounds_per_second) move_a_byte(i);
        nanosleep(&pause, NULL);
    }
    printf("%lu\n", closed);
    return 0;
}
