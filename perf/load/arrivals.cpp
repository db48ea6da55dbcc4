#include "arrivals.hpp"

#include <cmath>

namespace load {

arrivals::arrivals(const plan& by)
    : plan_(by),
      random_(by.seed),
      gap_(static_cast<double>(second) / by.rate),
      since_begin_(0),
      next_(by.begin) {
    if (by.is_random) advance();
}

void arrivals::advance() {
    if (plan_.is_random)
        since_begin_ -= std::log(1 - random_.part()) * gap_;
    else
        since_begin_ =
            static_cast<double>(++taken_) * gap_; // one product, so that no error adds up
    next_ = plan_.begin + static_cast<instant>(since_begin_);
}

} // namespace load
