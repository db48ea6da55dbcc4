#pragma once
#include "keys.hpp"
#include "mix.hpp"
#include "random.hpp"
#include "request_text.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace load {

/// Draws what one thread asks next: a kind by its weight, and a number by the kind's keys.
class question_draw {
  public:
    struct question {
        std::size_t kind;
        std::uint64_t number;
        std::string_view bytes; // until the next draw
    };

    question_draw(const mix& what, std::string_view host, std::uint64_t seed, std::size_t thread,
                  std::size_t threads);

    question draw();

  private:
    std::size_t draw_kind();

    random_source random_;
    std::vector<double> up_to_; // the sums of the weights
    std::vector<key_draw> keys_;
    std::vector<request_text> texts_;
    std::string out_;
};

} // namespace load
