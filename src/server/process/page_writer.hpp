#pragma once
// The thread that writes pages of metrics, so that no worker's requests wait behind one. It gives
// way to the workers where all cores are busy.

#include <functional>
#include <memory>

namespace latchkey::server {

/// Any thread may call it.
class page_writer {
  public:
    /// Pages that wait. More are refused: nobody needs them, and they hold memory.
    static constexpr int waiting_max = 64;

    page_writer();
    ~page_writer(); ///< ends it
    page_writer(const page_writer&) = delete;
    page_writer& operator=(const page_writer&) = delete;

    /// Runs `work` on that thread. Returns false, and does nothing, if too many wait.
    bool run(std::function<void()> work);
    /// Waits for what is under way; nothing is run from now on.
    void stop();

  private:
    struct inside;
    std::unique_ptr<inside> inside_;
};

} // namespace latchkey::server
