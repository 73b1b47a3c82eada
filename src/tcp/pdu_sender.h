// The PDUs that go out on a connection. Those of many coroutines go with one system call.
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "src/nvme/fabrics/pdu.h"
#include "zonecopy/event_loop.h"
#include "zonecopy/sync.h"
#include "zonecopy/task.h"
#include "zonecopy/wait_list.h"

namespace zonecopy::tcp {

class PduSender {
 public:
  PduSender(EventLoop& loop, int socket) : loop_(loop), socket_(socket) {}
  PduSender(const PduSender&) = delete;
  PduSender& operator=(const PduSender&) = delete;
  ~PduSender() = default;

  /// One PDU on its way. Awaiting gives 0 once the kernel has taken all of it, so that the data may be changed or freed;
  /// else a negative errno: the connection is of no use any more.
  class [[nodiscard]] Send : private WaitNode {
   public:
    Send(PduSender& sender, const nvme::fabrics::EncodedPdu& pdu, std::span<const std::byte> data);
    bool await_ready() const { return sender_.failure_ != 0; }
    template <typename Promise>
    void await_suspend(std::coroutine_handle<Promise> handle) {
      set_waiter(handle);
      sender_.put(*this);
    }
    int await_resume() const { return sender_.failure_; }

   private:
    friend class PduSender;
    PduSender& sender_;
    nvme::fabrics::EncodedPdu pdu_;
    std::span<const std::byte> data_;
    std::array<std::byte, 4> digest_{};
  };

  /// PDUs go out in the order in which they are awaited. `data` must outlive the await.
  [[nodiscard]] Send send(const nvme::fabrics::EncodedPdu& pdu, std::span<const std::byte> data = {}) {
    return Send(*this, pdu, data);
  }
  /// The event to await until nothing is on its way. The sender must not be destroyed before.
  [[nodiscard]] Event& idle() { return work_.drained(); }

 private:
  friend class Send;
  void put(Send& send);
  Task<void> send_all();
  void gather();
  Task<int> send_gathered();
  void wake_gathered();

  EventLoop& loop_;
  int socket_;
  WaitList waiting_;
  WaitList under_way_;
  std::vector<iovec> parts_;
  bool sending_ = false;
  int failure_ = 0;  ///< a negative errno
  Gate work_;
};

}  // namespace zonecopy::tcp
