#pragma once

#include "server/cli/migration_text.hpp"
#include "server/cli/progress.hpp"

#include <ostream>
#include <string>

namespace latchkey::server {

/// Tells how far a migration is: on a terminal a bar, elsewhere a line now and then.
class migration_news {
  public:
    explicit migration_news(std::ostream& err) : err_(err), progress_(err) {}

    void say(std::string_view line);
    void show(const pg::migration_progress&, core::steady_time now);

  private:
    std::ostream& err_;
    progress progress_;
    std::string of_;            ///< the step that is under way
    core::steady_time began_{}; ///< it
    core::steady_time next_{};  ///< when the next line is due
};

} // namespace latchkey::server
