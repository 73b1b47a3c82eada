#include "src/tcp/socket.h"

#include <gtest/gtest.h>

#include "tests/support/loop/loop_test.h"
#include "zonecopy/sync.h"

namespace zonecopy::tcp {
namespace {

constexpr TimeSpec long_time{100, 0};

class SocketTest : public test::LoopTest {
 protected:
  Listener listener{loop(), std::move(*listen_on(*parse_address("127.0.0.1:0", 0)))};
};

Task<void> accept_into(Listener& listener, Result<FileDescriptor>* result) {
  Result<FileDescriptor> accepted = co_await listener.accept();
  *result = std::move(accepted);
}

Task<void> connect_into(EventLoop& loop, Address address, Result<FileDescriptor>* result) {
  Result<FileDescriptor> connected = co_await connect(loop, address, long_time);
  *result = std::move(connected);
}

TEST_F(SocketTest, ConnectAndAccept) {
  Result<FileDescriptor> accepted;
  Result<FileDescriptor> connected;
  std::vector<Task<void>> tasks;
  tasks.push_back(accept_into(listener, &accepted));
  tasks.push_back(connect_into(loop(), listener.address(), &connected));
  test::run_all(loop(), std::move(tasks));
  ASSERT_TRUE(accepted && connected);
  EXPECT_EQ(peer_of(connected->get()).to_string(), listener.address().to_string());
  EXPECT_EQ(peer_of(accepted->get()).to_string(), address_of(connected->get()).to_string());
}

TEST_F(SocketTest, NobodyListens) {
  const Address address = listener.address();
  listener.stop();
  const Result<FileDescriptor> connected = run(connect(loop(), address, long_time));
  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error().code(), ECONNREFUSED);
  EXPECT_EQ(connected.error().detail(), address.to_string());
}

TEST_F(SocketTest, ConnectGivesUp) {
  // A queue of no length that is full: the kernel leaves further attempts unanswered.
  const FileDescriptor full(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const Address any = *parse_address("127.0.0.1:0", 0);
  ASSERT_EQ(bind(full.get(), any.get(), any.size_bytes), 0);
  ASSERT_EQ(::listen(full.get(), 0), 0);
  const Address address = address_of(full.get());
  const Result<FileDescriptor> first = run(connect(loop(), address, long_time));
  ASSERT_TRUE(first);
  const Result<FileDescriptor> second = run(connect(loop(), address, TimeSpec{0, 50'000'000}));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), ETIMEDOUT);
}

Task<void> stop_later(Listener& listener) {
  co_await Yield();
  listener.stop();
}

TEST_F(SocketTest, StopEndsAccept) {
  Result<FileDescriptor> accepted;
  std::vector<Task<void>> tasks;
  tasks.push_back(accept_into(listener, &accepted));
  tasks.push_back(stop_later(listener));
  test::run_all(loop(), std::move(tasks));
  ASSERT_FALSE(accepted);
  EXPECT_EQ(accepted.error().code(), ECANCELED);
  EXPECT_EQ(run(listener.accept()).error().code(), ECANCELED) << "and every later one";
}

TEST(ListenOn, SaysWhichAddressIsTaken) {
  const Result<FileDescriptor> first = listen_on(*parse_address("127.0.0.1:0", 0));
  ASSERT_TRUE(first);
  const Address address = address_of(first->get());
  const Result<FileDescriptor> second = listen_on(address);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), EADDRINUSE);
  EXPECT_EQ(second.error().detail(), address.to_string());
}

}  // namespace
}  // namespace zonecopy::tcp
