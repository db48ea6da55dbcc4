#include "server/process/exposure_watch.hpp"

#include "server/settings/exposure.hpp"

namespace latchkey::server {

void exposure_watch::replace(std::string_view settings, const std::vector<exposed_file>& files) {
    std::erase_if(files_, [&](const auto& file) { return file.setting.starts_with(settings); });
    files_.insert(files_.end(), files.begin(), files.end());
}

void exposure_watch::tell(const configuration& settings, std::string_view listening) const {
    auto found = sentences_of(find_exposures(settings, listening, files_));
    for (const auto& one : found)
        log_.warning("something is open to others", {{"why", one}});
    status_.set_exposures(std::move(found));
}

} // namespace latchkey::server
