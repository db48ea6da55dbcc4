#include "server/doctor/peer_refusal.hpp"

namespace latchkey::server {

bool is_peer_refusal(std::string_view why) {
    // The method's name is not translated, but it may begin a sentence.
    return why.find("peer") != why.npos || why.find("Peer") != why.npos;
}

} // namespace latchkey::server
