// Syncs that several wait for at once: one serves all who asked before it began.
#pragma once

#include <cstdint>
#include <memory>

#include "src/device/image/image_store.h"
#include "zonecopy/sync.h"

namespace zonecopy::image {

class SharedSync {
 public:
  explicit SharedSync(ImageStore& store) : store_(store) {}

  /// Returns, with 0 or an errno, after a sync of the store that began after the call.
  Task<int> sync();

  /// Names this moment. What was done before is on the media once `durable()` is greater.
  [[nodiscard]] std::uint64_t now() const { return begun_; }
  [[nodiscard]] std::uint64_t durable() const { return durable_; }

 private:
  ImageStore& store_;
  std::uint64_t begun_ = 0;     ///< number of the last sync that has begun
  std::uint64_t finished_ = 0;  ///< and of the last that has finished, with `code_`
  std::uint64_t durable_ = 0;   ///< and of the last that has succeeded
  int code_ = 0;
  bool running_ = false;
  std::shared_ptr<Event> next_finish_ = std::make_shared<Event>();
};

}  // namespace zonecopy::image
