#pragma once
// The parts of `latchkey setup`, each of which looks before it acts.

#include <latchkey/core/result.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::server {

/// What a step would do, or why it does nothing.
struct outlook {
    enum class state {
        done,  ///< nothing is left to do
        to_do, ///< perform() does it
        left,  ///< only a person can do it: `what` says how
    };
    state is = state::done;
    std::string what;                    ///< a sentence without its full stop
    std::vector<std::string> commands{}; ///< the same for a shell or for psql
    std::vector<std::string> details{};  ///< further lines for people
    std::string afterwards{};            ///< what to do when it was done; may be empty
};

struct setup_step {
    std::string_view part; ///< "database", "schema", "key", "service"
    std::string_view name; ///< "rights"
    std::function<core::result<outlook>()> look;
    /// Does what look() said. Afterwards look() says `done`, or what is left to do.
    std::function<core::result<void>()> perform;
};

struct step_report {
    std::string_view name;
    outlook last{};
    bool changed = false;
    std::string failed{}; ///< why; empty: it did not
};

/// Looks at each step. After a failure, the steps behind it are not looked at.
std::vector<step_report> look_at(const std::vector<setup_step>&);

/// Performs each step until nothing of it is left to do. Ends with the first that fails.
/// `begins` is called with what is about to be done.
std::vector<step_report> perform(const std::vector<setup_step>&,
                                 const std::function<void(const outlook&)>& begins);

/// {"changed":2,"steps":[{"step":"role","state":"done"|"to_do"|"left"|"changed"|"failed",
/// "what":"…","commands":[…],"details":[…]}]}
std::string json_of(const std::vector<step_report>&);

} // namespace latchkey::server
