#pragma once
// Something that sees what every connection of the tests sends and receives.

#include <memory>
#include <string_view>

namespace latchkey::test {

/// Of one connection.
class connection_watch {
  public:
    virtual ~connection_watch() = default;
    virtual void sent(std::string_view bytes) = 0;
    /// `head`: the status line and the fields, each with its CR LF. `body` is empty for HEAD.
    virtual void received(int status, std::string_view head, std::string_view body) = 0;
    /// What comes is not told any more.
    virtual void give_up() noexcept = 0;
};

/// Makes the watch of a new connection. Null: nobody watches, as in programs that do not link one.
using watch_maker = std::unique_ptr<connection_watch> (*)();
watch_maker& connection_watches() noexcept;

} // namespace latchkey::test
