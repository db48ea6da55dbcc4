#pragma once

#include "server/cli/migration_text.hpp"
#include "server/cli/progress.hpp"

#include <ostream>
#include <string>

namespace latchkey::server {

/// Shows the progress of a migration: as a bar on a terminal, elsewhere as a line every ten
/// seconds.
class migration_news {
  public:
    explicit migration_news(std::ostream& err) : err_(err), progress_(err) {}

    void say(std::string_view line);
    void show(const pg::migration_progress&, core::steady_time now);

  private:
    std::ostream& err_;
    progress progress_;
    std::string of_;            ///< name of the step that is under way
    core::steady_time began_{}; ///< when that step began
    core::steady_time next_{};  ///< when the next line is due
};

} // namespace latchkey::server
