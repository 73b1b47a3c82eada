// A dialer whose connections go through a proxy that cuts them: at the boundary of a PDU or within one, in either
// direction, after as many as chance says. What was not passed on by then is lost, as in a network that fails.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "src/device/remote/association.h"
#include "tests/support/random.h"
#include "zonecopy/sync.h"

namespace zonecopy::test {

class CuttingDialer final : public remote::Dialer {
 public:
  CuttingDialer(EventLoop& loop, remote::Dialer& inner, std::uint64_t seed);

  Task<Result<FileDescriptor>> dial() override;
  /// Cuts some connection after each `pdus_mean` PDUs or so, until `cuts` were made.
  void cut_often(std::uint64_t cuts, std::uint64_t pdus_mean);
  /// Passes on everything from now on.
  void stop() { cuts_left_ = 0; }
  [[nodiscard]] std::uint64_t cuts() const { return cuts_; }
  /// Waits until no connection is left.
  Task<void> end();

 private:
  struct Pair;
  struct Flow;
  Task<void> pump(std::shared_ptr<Pair> pair, int from, int to);
  void choose_next();
  void cut(Pair& pair);
  /// How many of the bytes, which begin where the flow is, are passed on; fewer than all where the cut comes.
  std::size_t passed(Flow& flow, std::span<const std::byte> bytes);

  EventLoop& loop_;
  remote::Dialer& inner_;
  Random random_;
  std::uint64_t cuts_ = 0;
  std::uint64_t cuts_left_ = 0;
  std::uint64_t pdus_mean_ = 0;
  std::uint64_t pdus_left_ = 0;  ///< until the next cut
  Gate work_;
};

}  // namespace zonecopy::test
