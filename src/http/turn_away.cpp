#include <latchkey/http/turn_away.hpp>

#include <latchkey/http/response.hpp>

#include <sys/socket.h>
#include <unistd.h>

#include <string>

namespace latchkey::http {

namespace {

std::string answer(std::string_view why) {
    std::string body;
    append_problem(body, 503, why, "-");
    std::string out;
    append_response(out, {.status = 503,
                          .content_type = problem_type,
                          .body = body,
                          .request_id = "-",
                          // A gateway may ask: nothing was read that tells.
                          .extra_fields = "Retry-After: 1\r\nCache-Control: no-store\r\n"
                                          "X-Latchkey-Code: UNAVAILABLE\r\n",
                          .close = true});
    return out;
}

} // namespace

void turn_away(int fd, std::string_view why) noexcept try {
    const auto sorry = answer(why);
    (void)!::send(fd, sorry.data(), sorry.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    ::shutdown(fd, SHUT_WR);
    // Closing with unread bytes would reset the connection and destroy the answer.
    char unread[4096];
    for (int i = 0; i < 4 && ::recv(fd, unread, sizeof unread, MSG_DONTWAIT) > 0; ++i) {
    }
    ::close(fd);
} catch (...) {
    ::close(fd);
}

} // namespace latchkey::http
