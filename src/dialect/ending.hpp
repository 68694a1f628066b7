// Private to the dialects: how a choice ends, for writers of answers.
#pragma once

#include "dialect/answer.hpp"

namespace gw::dialect {

/// A client waits for a finish whether or not the provider said one. The last that was said counts; behind it, or
/// without any, a call means that the answer waits for results.
class Ending {
 public:
  void on(const Event& event) noexcept {
    if (event.kind == Event::Kind::finish) finish_ = event.finish;
    if (event.kind == Event::Kind::call && finish_ == Finish::stop) finish_ = Finish::tool_calls;
  }

  [[nodiscard]] Finish finish() const noexcept { return finish_; }

 private:
  Finish finish_ = Finish::stop;
};

}  // namespace gw::dialect
