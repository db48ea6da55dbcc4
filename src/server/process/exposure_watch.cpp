#include "server/process/exposure_watch.hpp"

#include "server/settings/exposure.hpp"

namespace latchkey::server {

void exposure_watch::replace(std::string_view settings, const std::vector<exposed_file>& files) {
    std::erase_if(files_, [&](const auto& file) { return file.setting.starts_with(settings); });
    files_.insert(files_.end(), files.begin(), files.end());
}

void exposure_watch::tell(const configuration& settings, std::string_view listening) const {
    const auto found = find_exposures(settings, listening, files_);
    auto sentences = sentences_of(found);
    for (std::size_t i = 0; i < found.size(); ++i)
        log_.warning(found[i].headline, {{"why", sentences[i]}});
    status_.set_exposures(std::move(sentences));
}

} // namespace latchkey::server
