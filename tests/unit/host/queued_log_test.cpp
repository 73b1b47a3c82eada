// A log whose sink hangs keeps nobody waiting, and loses nothing silently.
#include "zonefs/host/queued_log.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

namespace zonecopy::zonefs {
namespace {

using Lines = std::vector<std::string>;

/// What a sink has been given, and whether it is to hang.
struct Written {
  std::mutex mutex;
  std::condition_variable changed;
  Lines lines;
  bool hangs = false;
  bool inside = false;

  void hang(bool whether) {
    const std::lock_guard lock(mutex);
    hangs = whether;
    changed.notify_all();
  }
  void wait_until_inside() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return inside; });
  }
  void wait_for_lines(std::size_t count) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [this, count] { return lines.size() >= count; });
  }
  Lines all() {
    const std::lock_guard lock(mutex);
    return lines;
  }
};

class TestSink final : public LogSink {
 public:
  explicit TestSink(std::shared_ptr<Written> written) : written_(std::move(written)) {}
  void write(Severity, const std::string& message, std::time_t) override {
    std::unique_lock lock(written_->mutex);
    written_->inside = true;
    written_->changed.notify_all();
    written_->changed.wait(lock, [this] { return !written_->hangs; });
    written_->inside = false;
    written_->lines.push_back(message);
    written_->changed.notify_all();
  }

 private:
  std::shared_ptr<Written> written_;
};

class QueuedLogTest : public testing::Test {
 protected:
  void open(LogLimits limits = LogLimits()) {
    log_ = std::make_unique<QueuedLog>(std::make_unique<TestSink>(written_), limits);
  }
  void write(const std::string& message) { log_->write(Severity::info, message); }

  std::shared_ptr<Written> written_ = std::make_shared<Written>();
  std::unique_ptr<QueuedLog> log_;
};

TEST_F(QueuedLogTest, WritesInOrderAndAllAtTheEnd) {
  open();
  Lines expected;
  for (int i = 0; i < 500; ++i) {
    expected.push_back(std::to_string(i));
    write(expected.back());
  }
  log_.reset();
  EXPECT_EQ(written_->all(), expected);
}

TEST_F(QueuedLogTest, ASinkThatHangsKeepsNobodyWaiting) {
  written_->hang(true);
  open({.messages = 4});
  write("first");
  written_->wait_until_inside();
  for (int i = 0; i < 100; ++i) write(std::to_string(i));  // would not return
  written_->hang(false);
  log_->flush();
  EXPECT_EQ(written_->all(),
            (Lines{"first", "0", "1", "2", "3", "96 messages were lost: the log was not written fast enough"}));
  write("later");
  log_->flush();
  EXPECT_EQ(written_->all().back(), "later");
}

TEST_F(QueuedLogTest, RepeatsAreCountedBeforeTheNextMessage) {
  open({.repeats_held_back = std::chrono::hours(1)});
  for (int i = 0; i < 1000; ++i) write("again");
  write("other");
  write("other");
  write("again");
  log_->flush();
  EXPECT_EQ(written_->all(),
            (Lines{"again", "last message repeated 999 times", "other", "last message repeated 1 time", "again"}));
}

TEST_F(QueuedLogTest, RepeatsAreToldAfterSomeTime) {
  open({.repeats_held_back = std::chrono::milliseconds(1)});
  write("again");
  write("again");
  written_->wait_for_lines(2);
  EXPECT_EQ(written_->all(), (Lines{"again", "last message repeated 1 time"}));
}

TEST_F(QueuedLogTest, RepeatsAreToldAtTheEnd) {
  open({.repeats_held_back = std::chrono::hours(1)});
  write("again");
  write("again");
  log_.reset();
  EXPECT_EQ(written_->all(), (Lines{"again", "last message repeated 1 time"}));
}

TEST_F(QueuedLogTest, EndsThoughItsSinkHangs) {
  written_->hang(true);
  open({.last_wait = std::chrono::milliseconds(10)});
  write("first");
  written_->wait_until_inside();
  log_.reset();  // would not return
  written_->hang(false);
  written_->wait_for_lines(1);
}

}  // namespace
}  // namespace zonecopy::zonefs
