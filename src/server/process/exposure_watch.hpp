#pragma once

#include "server/process/exporter.hpp"
#include "server/settings/configuration.hpp"
#include "server/settings/secret_file.hpp"

#include <latchkey/core/log.hpp>

#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::server {

/// Tells, in the log and in the status, what the configuration in use leaves open to others. Lives
/// on the control thread.
class exposure_watch {
  public:
    exposure_watch(std::vector<exposed_file> files, exporter& status, core::logger& log)
        : files_(std::move(files)), status_(status), log_(log) {}

    /// Replaces the files with secrets that every user may open.
    void replace(std::vector<exposed_file> files) { files_ = std::move(files); }
    /// Replaces those of the settings whose names begin with `settings`.
    void replace(std::string_view settings, const std::vector<exposed_file>&);
    void tell(const configuration&, std::string_view listening) const;

  private:
    std::vector<exposed_file> files_;
    exporter& status_;
    core::logger& log_;
};

} // namespace latchkey::server
