#pragma once
#include "mix.hpp"

#include <string>
#include <string_view>

namespace load {

enum class verdict { right, refused, wrong };

/// Holds an answer against what its request expects.
class checker {
  public:
    verdict judge(const expectation& expect, std::string_view number, int status,
                  std::string_view body);

    /// What is wrong with this answer, in a sentence.
    std::string explain(const request_kind& kind, std::string_view number, int status,
                        std::string_view body);

  private:
    bool contains(std::string_view body, const numbered_text& text, std::string_view number);

    std::string wanted_;
};

} // namespace load
