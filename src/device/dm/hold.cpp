#include "src/device/dm/hold.h"

namespace zonecopy::dm {
namespace {

// A question takes about as long as a small command to a drive, so not every command asks one.
constexpr std::chrono::milliseconds answer_lasts(100);

Error make_error(std::string detail) { return Error(EIO, "check device mapper table", std::move(detail)); }

}  // namespace

Status Hold::check(Care care) {
  if (!changed_.empty()) return make_error(changed_);
  const auto now = std::chrono::steady_clock::now();
  if (care == Care::often && now - looked_ < answer_lasts) return {};
  Comparison comparison = compare(stack_, questions_);
  if (comparison.change == Change::none) {
    looked_ = now;
    return {};
  }
  // Who suspends a device may move its data before it is resumed, with the same table or another. What is written
  // meanwhile would be lost. Afterwards the same table means the same places.
  looked_ = {};
  if (comparison.change == Change::other) changed_ = comparison.what + "; unmount, and mount again";
  return make_error(comparison.what);
}

Hold::~Hold() {
  // Where the table is another one, or its commands wait for somebody to resume it, the device is left alone.
  if (compare(stack_, questions_).change == Change::none && changed_.empty()) pointers_.put_right(claim_.get());
}

}  // namespace zonecopy::dm
