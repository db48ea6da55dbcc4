#pragma once
// A shared limit that refuses may leave the question open: it needs a lease first, and the question
// is asked once more; or nothing can be leased now, and the answer is 503.

namespace latchkey::auth {

/// Of what an asker's `shared(record)` returned, in any of its forms.
template <class Refusal>
bool leaves_open(const Refusal& refusal) {
    if constexpr (requires { refusal->leaves_open(); })
        return refusal && refusal->leaves_open();
    else if constexpr (requires { refusal.leaves_open(); })
        return refusal.leaves_open();
    else
        return false;
}

} // namespace latchkey::auth
