// Connects to the target of a name.
#pragma once

#include <cstdint>
#include <string>

#include "src/device/remote/association.h"
#include "zonecopy/event_loop.h"

namespace zonecopy::remote {

class TcpDialer final : public Dialer {
 public:
  TcpDialer(EventLoop& loop, std::string host, std::uint16_t port) : loop_(loop), host_(std::move(host)), port_(port) {}

  /// Tries the addresses of the host one after the other. The name is looked up each time: a target may move.
  Task<Result<FileDescriptor>> dial() override;

 private:
  EventLoop& loop_;
  std::string host_;
  std::uint16_t port_;
};

}  // namespace zonecopy::remote
