#pragma once

#include "workload.hpp"

#include <memory>
#include <string_view>
#include <vector>

namespace cache_read {

struct entrant {
    std::string_view name;
    std::unique_ptr<contender> (*make)(std::size_t entries);
};

std::unique_ptr<contender> make_ours(std::size_t entries);
std::unique_ptr<contender> make_tbb(std::size_t entries);
std::unique_ptr<contender> make_rculfhash(std::size_t entries);
std::unique_ptr<contender> make_mutex_lru(std::size_t entries);

} // namespace cache_read
