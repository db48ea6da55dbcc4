#pragma once

#include <boost/json/object.hpp>

#include <map>
#include <ostream>
#include <string>

namespace latchkey::server {

/// Of many answers that were waited for: the nodes that had not said in time that they obey.
class missing_nodes {
  public:
    /// An answer that was not waited for adds nothing.
    void add(const boost::json::object& answer);
    bool any() const { return any_; }
    /// Names the nodes, one a line; prints nothing if there are none.
    void tell(std::ostream&) const;

  private:
    bool any_ = false; // nodes that cannot be read are missing without a name
    std::map<std::string, std::string> fences_at_;
};

} // namespace latchkey::server
