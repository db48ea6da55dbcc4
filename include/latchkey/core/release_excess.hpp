#pragma once

namespace latchkey::core {

/// Empties a string or vector, and frees its memory if its capacity is over `kept` elements. (The
/// assignment of an empty string would keep the memory.)
template <class Container>
void release_excess(Container& of, typename Container::size_type kept) {
    of.clear();
    if (of.capacity() > kept) Container().swap(of);
}

} // namespace latchkey::core
