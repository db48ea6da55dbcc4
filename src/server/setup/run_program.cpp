#include "server/setup/run_program.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

extern char** environ;

namespace latchkey::server {

namespace {

struct descriptor {
    int fd = -1;
    explicit descriptor(int opened) : fd(opened) {}
    ~descriptor() { close(); }
    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;
    void close() {
        if (fd >= 0) ::close(fd);
        fd = -1;
    }
};

// A file in memory, so that a program which ends without reading it harms nobody.
int in_memory(std::string_view text) {
    const int fd = ::memfd_create("input", MFD_CLOEXEC);
    if (fd < 0) return fd;
    if (::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
        ::lseek(fd, 0, SEEK_SET) == 0)
        return fd;
    ::close(fd);
    return -1;
}

std::string read_all(int from) {
    std::string out;
    char buffer[4096];
    for (;;) {
        const auto got = ::read(from, buffer, sizeof buffer);
        if (got > 0)
            out.append(buffer, static_cast<std::size_t>(got));
        else if (got == 0 || errno != EINTR)
            return out;
    }
}

} // namespace

program_end run_program(const std::vector<std::string>& words, std::string_view input) {
    int ends[2] = {-1, -1};
    const descriptor in(in_memory(input));
    if (in.fd < 0 || ::pipe2(ends, O_CLOEXEC) != 0) return {-1, std::strerror(errno)};
    const descriptor from(ends[0]);
    descriptor to(ends[1]);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, in.fd, STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, to.fd, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, to.fd, STDERR_FILENO);
    std::vector<char*> arguments;
    for (const auto& word : words)
        arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    pid_t child = -1;
    const int failed =
        ::posix_spawnp(&child, arguments.front(), &actions, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    if (failed != 0) return {-1, words.front() + ": " + std::strerror(failed)};
    to.close();
    program_end end{-1, read_all(from.fd)};
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFEXITED(status)) end.exit_code = WEXITSTATUS(status);
    while (!end.out.empty() && end.out.back() == '\n')
        end.out.pop_back();
    return end;
}

} // namespace latchkey::server
