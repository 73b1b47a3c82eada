// The event loop: what it runs to the end, what operations give, and that nobody is left waiting.
#include "zonecopy/event_loop.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "tests/support/loop/loop_test.h"
#include "zonecopy/file_descriptor.h"
#include "zonecopy/sync.h"

namespace zonecopy {
namespace {

using Clock = std::chrono::steady_clock;
using test::run_all;
using test::Watchdog;

/// A file without a name, which is gone with its descriptor. `content` is what it holds.
FileDescriptor scratch_file(const std::string& content = {}) {
  std::string path = (std::filesystem::temp_directory_path() / "zonecopy-XXXXXX").string();
  FileDescriptor file(mkostemp(path.data(), O_CLOEXEC));
  unlink(path.c_str());
  EXPECT_EQ(pwrite(file.get(), content.data(), content.size(), 0), static_cast<ssize_t>(content.size()));
  return file;
}

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
    out = FileDescriptor(ends[0]);
    in = FileDescriptor(ends[1]);
  }
  FileDescriptor out;
  FileDescriptor in;
};

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }
std::span<std::byte> room_of(std::string& text) { return std::as_writable_bytes(std::span(text)); }

Task<std::int32_t> read_into(EventLoop& loop, int fd, std::span<std::byte> room, std::uint64_t offset_bytes) {
  const std::int32_t count = co_await loop.read(fd, room, offset_bytes);
  co_return count;
}

Task<std::int32_t> write_from(EventLoop& loop, int fd, std::span<const std::byte> data, std::uint64_t offset_bytes) {
  const std::int32_t count = co_await loop.write(fd, data, offset_bytes);
  co_return count;
}

Task<std::int32_t> sync_data(EventLoop& loop, int fd) {
  const std::int32_t code = co_await loop.fdatasync(fd);
  co_return code;
}

Task<std::int32_t> allocate(EventLoop& loop, int fd, int mode, std::uint64_t offset_bytes, std::uint64_t length_bytes) {
  const std::int32_t code = co_await loop.fallocate(fd, mode, offset_bytes, length_bytes);
  co_return code;
}

Task<std::int32_t> poll_for(EventLoop& loop, int fd, std::uint32_t events) {
  const std::int32_t found = co_await loop.poll(fd, events);
  co_return found;
}

Task<std::int32_t> sleep_for(EventLoop& loop, std::int64_t milliseconds) {
  const TimeSpec duration{milliseconds / 1000, milliseconds % 1000 * 1'000'000};
  const std::int32_t code = co_await loop.sleep(duration);
  co_return code;
}

Task<int> value_of(int value) { co_return value; }

Task<int> yield_times(int count) {
  const Yield yield;
  for (int i = 0; i < count; ++i) co_await yield;
  co_return count;
}

class EventLoopTest : public test::LoopTest {
 private:
  // A loop that misses its end waits for ever, which no expectation could see.
  Watchdog watchdog_{testing::UnitTest::GetInstance()->current_test_info()->name(), 20};
};

TEST_F(EventLoopTest, RunReturnsThoughNothingIsPending) {
  // Once, run() asked the ring to wait after its task had finished; nothing was left that could have ended the wait.
  EXPECT_EQ(run(value_of(7)), 7) << "a task that finishes at once";
  EXPECT_EQ(run(yield_times(3)), 3) << "a task that finishes from the ready queue";
  const FileDescriptor file = scratch_file("x");
  EXPECT_EQ(run(sync_data(loop(), file.get())), 0) << "a task that finishes with the last completion";
  const auto call = [](EventLoop& on) -> Task<int> {
    BlockingCall blocking = on.blocking([] { return 5; });
    const int result = co_await blocking;
    co_return result;
  };
  EXPECT_EQ(run(call(loop())), 5) << "a task that finishes with the last call of a thread";
}

TEST_F(EventLoopTest, RunReturnsWhileOthersGoOn) {
  Event never;
  const auto wait = [](Event& event, bool* passed) -> Task<void> {
    co_await event;
    *passed = true;
  };
  bool passed = false;
  loop().spawn(wait(never, &passed));
  EXPECT_EQ(run(yield_times(2)), 2);
  EXPECT_FALSE(passed);
  never.set();  // the loop has it ready now, and does it in the next run
  EXPECT_EQ(run(yield_times(2)), 2);
  EXPECT_TRUE(passed);
}

Task<void> stop_after(EventLoop& loop, int turns, int* stops) {
  const Yield yield;
  for (int i = 0; i < turns; ++i) co_await yield;
  ++*stops;
  loop.stop();
}

TEST_F(EventLoopTest, RunUntilStoppedCanBeDoneAgain) {
  int stops = 0;
  for (int times = 1; times <= 3; ++times) {
    loop().spawn(stop_after(loop(), times, &stops));
    loop().run();
    EXPECT_EQ(stops, times);
  }
}

TEST_F(EventLoopTest, AStopThatIsOverDoesNotKeepATaskFromRunning) {
  int stops = 0;
  loop().spawn(stop_after(loop(), 1, &stops));
  loop().run();
  EXPECT_EQ(run(yield_times(3)), 3);
}

Task<int> await_many(int count) {
  int sum = 0;
  for (int i = 0; i < count; ++i) {
    const int value = co_await value_of(1);
    sum += value;
  }
  co_return sum;
}

TEST_F(EventLoopTest, TasksThatFinishAtOnceTakeNoStack) { EXPECT_EQ(run(await_many(200'000)), 200'000); }

TEST_F(EventLoopTest, SpawnRunsUpToTheFirstWaitAtOnce) {
  std::string log;
  const auto speak = [](std::string* into, const char* before, const char* after) -> Task<void> {
    *into += before;
    const Yield yield;
    co_await yield;
    *into += after;
  };
  loop().spawn(speak(&log, "a", "A"));
  loop().spawn(speak(&log, "b", "B"));
  EXPECT_EQ(log, "ab");
  run(yield_times(1));
  EXPECT_EQ(log, "abAB");
}

TEST_F(EventLoopTest, YieldTakesTurns) {
  std::string log;
  const auto count = [](std::string* into, char name) -> Task<void> {
    const Yield yield;
    for (int i = 0; i < 4; ++i) {
      *into += name;
      co_await yield;
    }
  };
  std::vector<Task<void>> tasks;
  for (const char name : {'a', 'b', 'c'}) tasks.push_back(count(&log, name));
  run_all(loop(), std::move(tasks));
  EXPECT_EQ(log, "abcabcabcabc");
}

Task<void> spin_until(const bool* done) {
  const Yield yield;
  while (!*done) co_await yield;
}

TEST_F(EventLoopTest, WhoYieldsForEverKeepsNobodyFromTheRing) {
  bool done = false;
  const auto sleep = [](EventLoop& on, bool* into) -> Task<void> {
    const std::int32_t code = co_await sleep_for(on, 20);
    EXPECT_EQ(code, -ETIME);
    *into = true;
  };
  std::vector<Task<void>> tasks;
  tasks.push_back(spin_until(&done));
  tasks.push_back(sleep(loop(), &done));
  run_all(loop(), std::move(tasks));
}

TEST_F(EventLoopTest, AnEntryTheKernelRefusesDoesNotHoldUpThoseBehindIt) {
  // The kernel stops taking entries at one that it cannot even prepare, unless it is told otherwise.
  bool done = false;
  const auto refused = [](EventLoop& on) -> Task<void> {
    const TimeSpec negative{-1, 0};
    const std::int32_t code = co_await on.sleep(negative);
    EXPECT_EQ(code, -EINVAL);
  };
  const FileDescriptor file = scratch_file("x");
  const auto good = [](EventLoop& on, int fd, bool* into) -> Task<void> {
    const std::int32_t code = co_await on.fdatasync(fd);
    EXPECT_EQ(code, 0);
    *into = true;
  };
  std::vector<Task<void>> tasks;
  tasks.push_back(refused(loop()));
  tasks.push_back(good(loop(), file.get(), &done));
  tasks.push_back(spin_until(&done));
  run_all(loop(), std::move(tasks));
}

TEST_F(EventLoopTest, ReadAndWriteGiveCountsAndErrors) {
  const FileDescriptor file = scratch_file();
  EXPECT_EQ(run(write_from(loop(), file.get(), bytes_of("hello world"), 5)), 11);
  std::string text(32, '?');
  EXPECT_EQ(run(read_into(loop(), file.get(), room_of(text), 0)), 16) << "a short read at the end of the file";
  EXPECT_EQ(text.substr(0, 17), std::string(5, '\0') + "hello world?");
  EXPECT_EQ(run(read_into(loop(), file.get(), room_of(text), 16)), 0);
  EXPECT_EQ(run(read_into(loop(), -1, room_of(text), 0)), -EBADF);
  EXPECT_EQ(run(write_from(loop(), -1, bytes_of("x"), 0)), -EBADF);
  const FileDescriptor folder(open("/", O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(run(read_into(loop(), folder.get(), room_of(text), 0)), -EISDIR);
  const FileDescriptor full(open("/dev/full", O_WRONLY | O_CLOEXEC));
  EXPECT_EQ(run(write_from(loop(), full.get(), bytes_of("x"), 0)), -ENOSPC);
}

TEST_F(EventLoopTest, FdatasyncAndFallocate) {
  const FileDescriptor file = scratch_file(std::string(16384, 'x'));
  EXPECT_EQ(run(sync_data(loop(), file.get())), 0);
  EXPECT_EQ(run(sync_data(loop(), -1)), -EBADF);
  EXPECT_EQ(run(allocate(loop(), file.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 4096, 8192)), 0);
  std::string text(16384, '?');
  EXPECT_EQ(run(read_into(loop(), file.get(), room_of(text), 0)), 16384);
  EXPECT_EQ(text, std::string(4096, 'x') + std::string(8192, '\0') + std::string(4096, 'x'));
  EXPECT_EQ(run(allocate(loop(), file.get(), 0, 0, 1U << 20)), 0);
  struct stat facts {};
  ASSERT_EQ(fstat(file.get(), &facts), 0);
  EXPECT_EQ(facts.st_size, 1 << 20);
  EXPECT_EQ(run(allocate(loop(), file.get(), 0, 0, 0)), -EINVAL);
  const Pipe pipe;
  EXPECT_EQ(run(sync_data(loop(), pipe.in.get())), -EINVAL);
  EXPECT_EQ(run(allocate(loop(), pipe.in.get(), 0, 0, 4096)), -ESPIPE);
}

TEST_F(EventLoopTest, PollWaitsForAPipe) {
  Pipe pipe;
  EXPECT_EQ(run(poll_for(loop(), pipe.in.get(), POLLOUT)), POLLOUT);
  std::string log;
  const auto reader = [](EventLoop& on, int fd, std::string* into) -> Task<void> {
    const std::int32_t found = co_await on.poll(fd, POLLIN);
    EXPECT_EQ(found, POLLIN);
    *into += "readable";
  };
  const auto writer = [](EventLoop& on, int fd, std::string* into) -> Task<void> {
    const std::int32_t slept = co_await sleep_for(on, 20);
    EXPECT_EQ(slept, -ETIME);
    *into += "writing ";
    EXPECT_EQ(::write(fd, "x", 1), 1);
  };
  std::vector<Task<void>> tasks;
  tasks.push_back(reader(loop(), pipe.out.get(), &log));
  tasks.push_back(writer(loop(), pipe.in.get(), &log));
  run_all(loop(), std::move(tasks));
  EXPECT_EQ(log, "writing readable");
  pipe.in = FileDescriptor();
  EXPECT_EQ(run(poll_for(loop(), pipe.out.get(), POLLIN)), POLLIN | POLLHUP);
  EXPECT_EQ(run(poll_for(loop(), -1, POLLIN)), -EBADF);
}

TEST_F(EventLoopTest, SleepersWakeInTheirOrder) {
  std::vector<int> woken;
  const auto sleeper = [](EventLoop& on, int milliseconds, std::vector<int>* into) -> Task<void> {
    const auto start = Clock::now();
    const std::int32_t code = co_await sleep_for(on, milliseconds);
    EXPECT_EQ(code, -ETIME);
    EXPECT_GE(Clock::now() - start, std::chrono::milliseconds(milliseconds));
    into->push_back(milliseconds);
  };
  std::vector<Task<void>> tasks;
  for (const int milliseconds : {90, 30, 150, 0}) tasks.push_back(sleeper(loop(), milliseconds, &woken));
  run_all(loop(), std::move(tasks));
  EXPECT_EQ(woken, (std::vector<int>{0, 30, 90, 150}));
}

extern "C" void ignore_signal(int) {}

TEST_F(EventLoopTest, SignalsDisturbNobody) {
  struct sigaction interrupt {};
  interrupt.sa_handler = ignore_signal;
  struct sigaction before {};
  ASSERT_EQ(sigaction(SIGUSR1, &interrupt, &before), 0);
  std::atomic<bool> done = false;
  const pthread_t self = pthread_self();
  std::thread nuisance([&done, self] {
    while (!done) {
      pthread_kill(self, SIGUSR1);
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  });
  const auto start = Clock::now();
  EXPECT_EQ(run(sleep_for(loop(), 100)), -ETIME);
  EXPECT_GE(Clock::now() - start, std::chrono::milliseconds(100));
  done = true;
  nuisance.join();
  sigaction(SIGUSR1, &before, nullptr);
}

/// Reads the number at `index` of a file of numbers.
Task<void> read_number(EventLoop& loop, int fd, std::uint32_t index, std::uint32_t* into) {
  std::uint32_t number = 0;
  const std::span<std::byte> room = std::as_writable_bytes(std::span(&number, 1));
  const std::int32_t count = co_await loop.read(fd, room, index * sizeof number);
  EXPECT_EQ(count, static_cast<std::int32_t>(sizeof number));
  *into = number;
}

void read_more_at_once_than_the_ring_has_entries(bool sqe128_cqe32) {
  auto made = EventLoop::create(EventLoop::Options{8, sqe128_cqe32});
  ASSERT_TRUE(made.ok()) << made.error().to_string();
  EventLoop& loop = **made;
  constexpr std::uint32_t count = 1000;
  std::string content;
  for (std::uint32_t index = 0; index < count; ++index) {
    const std::uint32_t number = index * 2654435761U;
    content.append(reinterpret_cast<const char*>(&number), sizeof number);
  }
  const FileDescriptor file = scratch_file(content);
  std::vector<std::uint32_t> numbers(count);
  for (int times = 0; times < 3; ++times) {
    std::fill(numbers.begin(), numbers.end(), 0);
    std::vector<Task<void>> tasks;
    for (std::uint32_t index = 0; index < count; ++index) {
      tasks.push_back(read_number(loop, file.get(), index, &numbers[index]));
    }
    run_all(loop, std::move(tasks));
    for (std::uint32_t index = 0; index < count; ++index) ASSERT_EQ(numbers[index], index * 2654435761U) << index;
  }
}

TEST_F(EventLoopTest, MoreOperationsThanTheRingHasEntries) { read_more_at_once_than_the_ring_has_entries(false); }
TEST_F(EventLoopTest, MoreOperationsThanABigRingHasEntries) { read_more_at_once_than_the_ring_has_entries(true); }

TEST_F(EventLoopTest, MoreWaitingPollsThanTheRingHasEntries) {
  // These all stay in the kernel at once and complete at once, which overflows the completion queue.
  auto made = EventLoop::create(EventLoop::Options{8, false});
  ASSERT_TRUE(made.ok()) << made.error().to_string();
  const Pipe pipe;
  int woken = 0;
  const auto waiter = [](EventLoop& on, int fd, int* into) -> Task<void> {
    const std::int32_t found = co_await on.poll(fd, POLLIN);
    EXPECT_EQ(found, POLLIN);
    ++*into;
  };
  const auto waker = [](EventLoop& on, int fd, const int* count) -> Task<void> {
    const std::int32_t slept = co_await sleep_for(on, 10);
    EXPECT_EQ(slept, -ETIME);
    EXPECT_EQ(*count, 0);
    EXPECT_EQ(::write(fd, "x", 1), 1);
  };
  std::vector<Task<void>> tasks;
  for (int i = 0; i < 500; ++i) tasks.push_back(waiter(**made, pipe.out.get(), &woken));
  tasks.push_back(waker(**made, pipe.in.get(), &woken));
  run_all(**made, std::move(tasks));
  EXPECT_EQ(woken, 500);
}

Task<void> read_when_ready(EventLoop& loop, int fd, std::string* text, std::int32_t* result,
                           LinkedOperation** pending) {
  text->resize(16);
  LinkedOperation operation = loop.read_when_ready(fd, room_of(*text));
  *pending = &operation;
  *result = co_await operation;
}

class ReadWhenReady : public EventLoopTest {
 protected:
  void SetUp() override {
    fcntl(pipe_.out.get(), F_SETFL, O_NONBLOCK);
    loop().spawn(read_when_ready(loop(), pipe_.out.get(), &text_, &result_, &pending_));
  }
  Task<bool> write_and_wait(const std::string& text) {
    const std::int32_t written = co_await loop().write(pipe_.in.get(), bytes_of(text), 0);
    EXPECT_EQ(written, static_cast<std::int32_t>(text.size()));
    co_await wait_until_finished();
    co_return true;
  }
  Task<bool> wait_until_finished() {
    const Yield yield;
    while (result_ == unfinished) co_await yield;
    co_return true;
  }
  Task<bool> cancel_and_wait() {
    co_await loop().cancel_first(*pending_);
    co_await wait_until_finished();
    co_return true;
  }

  static constexpr std::int32_t unfinished = 12345;
  const Watchdog watchdog_{"a read waits for what has come", 60};
  Pipe pipe_;
  std::string text_;
  std::int32_t result_ = unfinished;
  LinkedOperation* pending_ = nullptr;
};

TEST_F(ReadWhenReady, ReadsWhatComes) {
  run(write_and_wait("word"));
  EXPECT_EQ(result_, 4);
  EXPECT_EQ(text_.substr(0, 4), "word");
}

TEST_F(ReadWhenReady, TellsTheEnd) {
  pipe_.in = FileDescriptor();
  run(wait_until_finished());
  EXPECT_EQ(result_, 0);
}

TEST_F(ReadWhenReady, IsCancelled) {
  run(cancel_and_wait());
  EXPECT_EQ(result_, -ECANCELED);
}

Task<std::int32_t> read_both(EventLoop& loop, int fd, std::span<std::byte> first, std::span<std::byte> second) {
  RingOperation before = loop.read(fd, first, 0);
  LinkedOperation both(std::move(before), loop.read(fd, second, 2));
  const std::int32_t result = co_await both;
  co_return result;
}

TEST_F(EventLoopTest, TheSecondOfTwoTellsOfTheFirst) {
  const FileDescriptor file = scratch_file("abcdef");
  std::string first(2, ' ');
  std::string second(4, ' ');
  EXPECT_EQ(run(read_both(loop(), file.get(), room_of(first), room_of(second))), 4);
  EXPECT_EQ(first + second, "abcdef");
  std::string too_much(7, ' ');
  EXPECT_EQ(run(read_both(loop(), file.get(), room_of(too_much), room_of(second))), -ECANCELED);
}

/// Says when it is destroyed.
struct Mark {
  explicit Mark(bool* gone_) : gone(gone_) {}
  Mark(const Mark&) = delete;
  Mark& operator=(const Mark&) = delete;
  ~Mark() { *gone = true; }
  bool* gone;
};

Task<bool> wait_for_ever(EventLoop& loop, int fd, bool* gone) {
  const Mark mark(gone);
  co_await loop.poll(fd, POLLIN);
  co_return true;
}

/// Of a loop that has just been made.
int descriptor_of_ring() {
  int found = -1;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code failure;
    const std::filesystem::path target = std::filesystem::read_symlink(entry.path(), failure);
    if (target.string().find("io_uring") != std::string::npos) found = std::stoi(entry.path().filename());
  }
  return found;
}

TEST(EventLoopWithoutRing, EndsByAnExceptionAndInOrder) {
  const Watchdog watchdog("a loop goes on without a ring", 60);
  const std::unique_ptr<EventLoop> loop = test::make_loop();
  const int ring_fd = descriptor_of_ring();
  ASSERT_GE(ring_fd, 0);
  const FileDescriptor other = scratch_file();
  ASSERT_EQ(dup2(other.get(), ring_fd), ring_fd);
  const Pipe pipe;
  bool gone = false;
  EXPECT_THROW((void)loop->run(wait_for_ever(*loop, pipe.out.get(), &gone)), std::system_error);
  EXPECT_TRUE(gone) << "what the task holds is left behind";
}

Task<void> note_poll(EventLoop& loop, int fd, std::int32_t* result) { *result = co_await loop.poll(fd, POLLIN); }

TEST(EventLoopWithoutRing, OperationsThatDoNotFitFail) {
  const Watchdog watchdog("a loop goes on without a ring", 60);
  const std::unique_ptr<EventLoop> loop = test::make_loop();
  const FileDescriptor other = scratch_file();
  ASSERT_NE(dup2(other.get(), descriptor_of_ring()), -1);
  const Pipe pipe;
  constexpr std::int32_t waits = 12345;
  std::vector<std::int32_t> results(1000, waits);
  std::vector<Task<void>::Handle> started;
  for (std::int32_t& result : results) {
    started.push_back(note_poll(*loop, pipe.out.get(), &result).detach(*loop));
    started.back().resume();
  }
  EXPECT_THROW(loop->run(), std::system_error);
  EXPECT_LT(results.back(), 0);
  for (std::size_t i = 0; i < started.size(); ++i) {
    if (results[i] == waits) started[i].destroy();
  }
}

TEST_F(EventLoopTest, BigEntriesServeOrdinaryOperations) {
  auto made = EventLoop::create(EventLoop::Options{16, true});
  ASSERT_TRUE(made.ok()) << made.error().to_string();
  EventLoop& big = **made;
  const FileDescriptor file = scratch_file();
  EXPECT_EQ(big.run(write_from(big, file.get(), bytes_of("twice as long"), 0)), 13);
  std::string text(13, '?');
  EXPECT_EQ(big.run(read_into(big, file.get(), room_of(text), 0)), 13);
  EXPECT_EQ(text, "twice as long");
  EXPECT_EQ(big.run(sync_data(big, file.get())), 0);
  EXPECT_EQ(big.run(allocate(big, file.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096)), 0);
  EXPECT_EQ(big.run(sleep_for(big, 1)), -ETIME);
  const Pipe pipe;
  EXPECT_EQ(big.run(poll_for(big, pipe.in.get(), POLLOUT)), POLLOUT);
}

TEST_F(EventLoopTest, WhatItsUsersShareIsOneOfAKindAndEndsWithIt) {
  struct Counted {
    std::shared_ptr<int> alive = std::make_shared<int>(0);
  };
  struct Other {
    int value = 0;
  };
  auto made = EventLoop::create(EventLoop::Options());
  ASSERT_TRUE(made.ok()) << made.error().to_string();
  Counted& first = (*made)->shared<Counted>();
  EXPECT_EQ(&(*made)->shared<Counted>(), &first);
  (*made)->shared<Other>().value = 7;
  EXPECT_EQ((*made)->shared<Other>().value, 7);
  EXPECT_NE(&loop().shared<Counted>(), &first) << "of another loop";
  const std::weak_ptr<int> alive = first.alive;
  made->reset();
  EXPECT_TRUE(alive.expired());
}

}  // namespace
}  // namespace zonecopy
