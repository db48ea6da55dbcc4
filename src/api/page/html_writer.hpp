#pragma once
// Writes HTML. Every text and every value of an attribute is escaped, and an element ends with its
// scope, so that what is written is well-formed whatever the texts are. The names of elements and
// attributes are literals of ours.
//
//   html_writer out;
//   {
//       const auto list = out.begin("ul", {{"class", "names"}});
//       out.element("li", "a < b");
//   }

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace latchkey::api::page {

struct attribute {
    std::string_view name;
    std::string_view value;
};

/// For text and for attributes in double quotes.
std::string escaped(std::string_view text);

class html_writer {
  public:
    /// Writes the end of an element when it goes.
    class scope {
      public:
        scope(html_writer& out, std::string_view tag) : out_(&out), tag_(tag) {}
        scope(scope&& other) noexcept
            : out_(std::exchange(other.out_, nullptr)), tag_(other.tag_) {}
        scope& operator=(scope&&) = delete;
        ~scope() {
            if (out_) out_->end(tag_);
        }

      private:
        html_writer* out_;
        std::string_view tag_;
    };

    [[nodiscard]] scope begin(std::string_view tag,
                              std::initializer_list<attribute> attributes = {});
    /// An element that holds this text alone.
    void element(std::string_view tag, std::string_view text,
                 std::initializer_list<attribute> attributes = {});
    /// An element that has no content and no end, such as <meta>.
    void empty_element(std::string_view tag, std::initializer_list<attribute> attributes = {});
    void text(std::string_view);

    std::string take() { return std::move(out_); }

  private:
    void start(std::string_view tag, std::initializer_list<attribute>);
    void end(std::string_view tag);

    std::string out_;
};

} // namespace latchkey::api::page
