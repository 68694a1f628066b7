#include "net/connection.hpp"

#include "net/gate.hpp"
#include "net/wakeup.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace gw::net {
namespace {

using namespace std::chrono_literals;

// A loopback connection: ours, and a plain blocking descriptor for the test's side.
class ConnectionTest : public ::testing::Test {
 protected:
  ConnectionTest() {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    EXPECT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), length), 0);
    EXPECT_EQ(::listen(listener, 1), 0);
    EXPECT_EQ(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length), 0);
    peer_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(::connect(peer_, reinterpret_cast<sockaddr*>(&address), length), 0);
    const int ours = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    ::close(listener);
    connection_ = std::make_unique<Connection>(reactor_, ours);
  }

  ~ConnectionTest() override { close_peer(); }

  void close_peer() {
    if (peer_ >= 0) ::close(peer_);
    peer_ = -1;
  }

  void send(std::string_view text) const {
    ASSERT_EQ(::send(peer_, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  }

  // Turns the loop until the result is there; only a failure reaches the bound.
  template <class Condition>
  void run_until(Condition condition) {
    const TimePoint end = Clock::now() + 10s;
    while (!condition() && Clock::now() < end) reactor_.turn(100ms);
    ASSERT_TRUE(condition());
  }

  Gate gate_{[](std::string_view name, std::string_view what) { ADD_FAILURE() << name << ": " << what; }};
  Reactor reactor_;
  int peer_ = -1;
  std::unique_ptr<Connection> connection_;
};

Task<void> read_once(Connection& connection, std::span<char> into, std::optional<IoResult>& result) {
  result = co_await connection.read(into);
}

Task<void> write_once(
    Connection& connection, std::vector<iovec> pieces, Connection::Lifetime lifetime, std::optional<IoResult>& result
) {
  result = co_await connection.write(pieces, lifetime);
}

TEST_F(ConnectionTest, reads_what_the_peer_sends) {
  std::array<char, 16> buffer{};
  std::optional<IoResult> result;
  gate_.spawn("read", read_once(*connection_, buffer, result));
  send("hello");
  run_until([&] { return result.has_value(); });
  ASSERT_TRUE(result && result->ok());
  EXPECT_EQ(std::string(buffer.data(), result->bytes), "hello");
}

TEST_F(ConnectionTest, a_deadline_ends_a_read_and_moving_it_makes_the_connection_usable_again) {
  std::array<char, 16> buffer{};
  std::optional<IoResult> result;
  connection_->deadline(Clock::now() + 5ms);
  gate_.spawn("read", read_once(*connection_, buffer, result));
  run_until([&] { return result.has_value(); });
  ASSERT_TRUE(result);
  EXPECT_EQ(result->stop, Stop::deadline);

  connection_->deadline(far_future);
  result.reset();
  send("x");
  gate_.spawn("read", read_once(*connection_, buffer, result));
  run_until([&] { return result.has_value(); });
  ASSERT_TRUE(result && result->ok()) << "no byte was lost by the cancelled read";
  EXPECT_EQ(buffer[0], 'x');
}

TEST_F(ConnectionTest, a_stop_ends_later_operations_too) {
  std::array<char, 16> buffer{};
  std::optional<IoResult> result;
  connection_->stop(Stop::client_gone);
  gate_.spawn("read", read_once(*connection_, buffer, result));
  ASSERT_TRUE(result) << "at once";
  EXPECT_EQ(result->stop, Stop::client_gone);
}

TEST_F(ConnectionTest, the_end_of_the_peer_is_an_eof) {
  std::array<char, 16> buffer{};
  std::optional<IoResult> result;
  gate_.spawn("read", read_once(*connection_, buffer, result));
  close_peer();
  run_until([&] { return result.has_value(); });
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->eof());
}

// A write far larger than the socket buffers, from memory that is overwritten as soon as the first part is out.
TEST_F(ConnectionTest, a_scratch_write_copies_what_the_kernel_does_not_take_at_once) {
  std::string big(8U << 20U, 'a');
  for (std::size_t i = 0; i < big.size(); ++i) big[i] = static_cast<char>('a' + i % 23);
  const std::string expected = "head" + big;
  std::optional<IoResult> result;
  gate_.spawn("write", write_once(*connection_, {piece("head"), piece(big)}, Connection::Lifetime::scratch, result));
  EXPECT_FALSE(result) << "it must wait for the peer";
  std::fill(big.begin(), big.end(), '!');
  std::string received;
  std::thread reader([&] {
    std::array<char, 65536> buffer{};
    while (received.size() < expected.size()) {
      const ssize_t n = ::recv(peer_, buffer.data(), buffer.size(), 0);
      if (n <= 0) break;
      received.append(buffer.data(), static_cast<std::size_t>(n));
    }
  });
  run_until([&] { return result.has_value(); });
  reader.join();
  ASSERT_TRUE(result && result->ok());
  EXPECT_TRUE(received == expected);
  EXPECT_EQ(connection_->sent(), expected.size());
}

TEST_F(ConnectionTest, a_peer_that_takes_nothing_ends_the_write_after_the_write_timeout) {
  const std::string big(32U << 20U, 'a');
  std::optional<IoResult> result;
  connection_->write_timeout(20ms);
  gate_.spawn("write", write_once(*connection_, {piece(big)}, Connection::Lifetime::stable, result));
  run_until([&] { return result.has_value(); });
  ASSERT_TRUE(result);
  EXPECT_EQ(result->stop, Stop::deadline);
}

TEST_F(ConnectionTest, a_connection_the_peer_closed_or_wrote_to_is_stale) {
  EXPECT_FALSE(connection_->is_stale());
  send("x");
  run_until([&] { return connection_->is_stale(); });
}

void count(void* counter) {
  ++*static_cast<int*>(counter);
}

TEST_F(ConnectionTest, a_peer_that_hung_up_is_told_of_once_after_the_grace_even_behind_unread_bytes) {
  int gone = 0;
  const Connection::OnHangup watch(*connection_, count, &gone);
  reactor_.turn(0ms);
  EXPECT_EQ(gone, 0);
  send("GET /next");
  close_peer();
  const TimePoint closed = Clock::now();
  run_until([&] { return gone != 0; });
  EXPECT_GE(Clock::now() - closed, Connection::OnHangup::grace - 1ms);
  for (int i = 0; i < 3; ++i) reactor_.turn(1ms);
  EXPECT_EQ(gone, 1);
}

TEST_F(ConnectionTest, a_hang_up_that_came_before_the_watch_is_told_of_too) {
  close_peer();
  run_until([&] { return connection_->is_stale(); });
  int gone = 0;
  const Connection::OnHangup watch(*connection_, count, &gone);
  run_until([&] { return gone == 1; });
}

// The end may come in the same event as the last bytes, and has none of its own then.
TEST_F(ConnectionTest, the_end_right_behind_bytes_is_not_lost) {
  send("last");
  close_peer();
  std::array<pollfd, 1> both{{{connection_->fd(), POLLRDHUP, 0}}};
  ASSERT_EQ(::poll(both.data(), 1, 5000), 1);
  std::array<char, 16> buffer{};
  std::optional<IoResult> first;
  gate_.spawn("read", read_once(*connection_, buffer, first));
  run_until([&] { return first.has_value(); });
  EXPECT_EQ(first->bytes, 4U);
  std::optional<IoResult> second;
  gate_.spawn("read", read_once(*connection_, buffer, second));
  run_until([&] { return second.has_value(); });
  EXPECT_EQ(second->end, End::clean);
}

// However the bytes are cut by the peer and by our buffer, all of them come, and none twice.
TEST_F(ConnectionTest, every_byte_is_read_once_whatever_the_cuts) {
  std::string sent;
  for (int i = 0; i < 2000; ++i) sent += std::to_string(i);
  std::string received;
  std::size_t at = 0;
  for (std::size_t step = 1; received.size() < sent.size(); step = step % 37 + 1) {
    const std::string_view part = std::string_view(sent).substr(at, step * 3);
    if (!part.empty()) send(part);
    at += part.size();
    std::vector<char> buffer(step);
    std::optional<IoResult> result;
    gate_.spawn("read", read_once(*connection_, buffer, result));
    run_until([&] { return result.has_value(); });
    ASSERT_TRUE(result->ok());
    received.append(buffer.data(), result->bytes);
  }
  EXPECT_EQ(received, sent);
}

Task<void> connect_once(Connection& connection, sockaddr_in address, std::optional<IoResult>& result) {
  result = co_await connection.connect(reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

TEST_F(ConnectionTest, connecting_to_a_port_nobody_listens_on_is_refused) {
  // Bound and not listening: the port is ours, so nobody else can be there.
  const int holder = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  ASSERT_EQ(::bind(holder, reinterpret_cast<sockaddr*>(&address), length), 0);
  ASSERT_EQ(::getsockname(holder, reinterpret_cast<sockaddr*>(&address), &length), 0);
  Connection connection(reactor_);
  std::optional<IoResult> result;
  gate_.spawn("connect", connect_once(connection, address, result));
  run_until([&] { return result.has_value(); });
  EXPECT_EQ(result->error.value(), ECONNREFUSED);
  ::close(holder);
}

Task<int> fails() {
  throw std::runtime_error("boom");
  co_return 1;
}

Task<void> awaits_failure(std::string& what) {
  try {
    (void)co_await fails();
  } catch (const std::exception& e) {
    what = e.what();
  }
}

TEST(Task, exceptions_reach_the_awaiter) {
  std::string what;
  Gate gate([](std::string_view, std::string_view) {});
  gate.spawn("t", awaits_failure(what));
  EXPECT_EQ(what, "boom");
}

Task<void> escapes(Wakeup& wakeup) {
  co_await wakeup;
  throw std::runtime_error("escaped");
}

TEST(Gate, reports_what_escapes_and_tells_when_it_is_empty) {
  std::vector<std::string> reports;
  Gate gate([&](std::string_view name, std::string_view what) {
    reports.push_back(std::string(name) + ": " + std::string(what));
  });
  Wakeup wakeup;
  bool empty = false;
  gate.spawn("task", escapes(wakeup));
  gate.when_empty([&] { empty = true; });
  EXPECT_FALSE(empty);
  EXPECT_EQ(gate.running(), 1U);
  wakeup.set();
  EXPECT_TRUE(empty);
  EXPECT_EQ(reports, (std::vector<std::string>{"task: escaped"}));
}

}  // namespace
}  // namespace gw::net
