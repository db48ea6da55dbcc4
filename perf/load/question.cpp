#include "question.hpp"

namespace load {

question_draw::question_draw(const mix& what, std::string_view host, std::uint64_t seed,
                             std::size_t thread, std::size_t threads)
    : random_(seed) {
    double sum = 0;
    for (const auto& kind : what) {
        up_to_.push_back(sum += kind.weight);
        keys_.emplace_back(kind.keys, thread, threads);
        texts_.emplace_back(kind, host);
    }
}

question_draw::question question_draw::draw() {
    const std::size_t kind = draw_kind();
    const std::uint64_t number = keys_[kind].next(random_);
    return {kind, number, texts_[kind].write(out_, digits(number).view())};
}

std::size_t question_draw::draw_kind() {
    if (up_to_.size() == 1) return 0;
    const double at = random_.part() * up_to_.back();
    std::size_t kind = 0;
    while (kind + 1 < up_to_.size() && at >= up_to_[kind])
        ++kind;
    return kind;
}

} // namespace load
