// The benchmark's provider: as cheap as it can be, so that the proxy in front of it is what is measured. One thread,
// epoll.
//   bench_upstream PORT-FILE
// A body with "stream":true gets "max_tokens" chunks of about 250 bytes, one "each" so many milliseconds (0: back to
// back); any other a 600-byte completion.
// A path that begins with /fault/NAME/ gets that fault instead: 503, 429, html, empty, garbage, cut, close, reset,
// silent.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <queue>
#include <string>
#include <string_view>

namespace {

using Clock = std::chrono::steady_clock;

struct Client {
  int fd = -1;
  std::string in;
  std::string out;
  long chunks_left = 0;
  long interval_ms = 0;
};

std::string chunked(std::string_view data) {
  char size[20];
  std::snprintf(size, sizeof size, "%zx\r\n", data.size());
  return size + std::string(data) + "\r\n";
}

const std::string content_event = [] {
  std::string event =
      R"(data: {"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1700000000,"model":"bench","system_fingerprint":"fp_bench","choices":[{"index":0,"delta":{"content":"word )";
  event += std::string(250 - event.size() - 46, 'x') + R"("},"logprobs":null,"finish_reason":null}]})";
  return chunked(event + "\n\n");
}();
const std::string stream_head =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
const std::string stream_end =
    chunked(
        R"(data: {"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1700000000,"model":"bench","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})"
        "\n\n"
    ) +
    chunked("data: [DONE]\n\n") + "0\r\n\r\n";
const std::string plain_reply = [] {
  std::string body =
      R"({"id":"chatcmpl-bench","object":"chat.completion","created":1700000000,"model":"bench","choices":[{"index":0,"message":{"role":"assistant","content":")";
  const std::string tail =
      R"("},"finish_reason":"stop"}],"usage":{"prompt_tokens":100,"completion_tokens":50,"total_tokens":150}})";
  body += std::string(600 - body.size() - tail.size(), 'w') + tail;
  return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}();

std::string reply(const char* line, const char* type, std::string_view body, std::size_t more = 0) {
  return "HTTP/1.1 " + std::string(line) + "\r\nContent-Type: " + type +
         "\r\nContent-Length: " + std::to_string(body.size() + more) + "\r\n\r\n" + std::string(body);
}

// What a provider does wrong, and whether the connection ends behind it.
struct Fault {
  std::string bytes;
  enum class Then { keep, close, reset, wait } then = Then::keep;
};

const std::map<std::string, Fault, std::less<>> faults{
    {"503", {reply("503 Service Unavailable", "application/json", R"({"error":{"message":"overloaded"}})")}},
    {"429",
     {reply("429 Too Many Requests", "application/json", R"({"error":{"message":"slow down","code":"rate_limit"}})")}},
    {"html", {reply("200 OK", "text/html", "<html><body>welcome</body></html>")}},
    {"empty",
     {reply(
         "200 OK", "application/json", R"({"choices":[{"index":0,"message":{"content":""},"finish_reason":"stop"}]})"
     )}},
    {"garbage", {"\x16\x03\x01 this is no HTTP\r\n\r\n", Fault::Then::close}},
    {"cut",
     {reply("200 OK", "application/json", R"({"choices":[{"index":0,"message":{"content":"half an an)", 1000),
      Fault::Then::close}},
    {"close", {"", Fault::Then::close}},
    {"reset", {"", Fault::Then::reset}},
    {"silent", {"", Fault::Then::wait}},
};

long number_after(std::string_view body, const char* key) {
  const std::size_t at = body.find(key);
  return at == std::string_view::npos ? 0 : std::atol(body.data() + at + std::strlen(key));
}

class Server {
 public:
  explicit Server(const char* port_file) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    ::listen(listener_, 4096);
    socklen_t length = sizeof address;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
    poll_ = ::epoll_create1(0);
    watch(listener_);
    std::FILE* out = std::fopen(port_file, "w");
    std::fprintf(out, "%d\n", ntohs(address.sin_port));
    std::fclose(out);
  }

  [[noreturn]] void run() {
    epoll_event events[256];
    for (;;) {
      const int n = ::epoll_wait(poll_, events, 256, timeout());
      for (int i = 0; i < n; ++i) {
        if (events[i].data.fd == listener_) {
          accept_all();
        } else {
          ready(events[i].data.fd);
        }
      }
      tick();
    }
  }

 private:
  void watch(int fd) {
    epoll_event event{};
    event.events = fd == listener_ ? static_cast<unsigned>(EPOLLIN) : EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.fd = fd;
    ::epoll_ctl(poll_, EPOLL_CTL_ADD, fd, &event);
  }

  void accept_all() {
    for (int fd = 0; (fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK)) >= 0;) {
      const int on = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      clients_[fd].fd = fd;
      watch(fd);
    }
  }

  void drop(int fd) {
    ::close(fd);
    clients_.erase(fd);
  }

  void ready(int fd) {
    const auto at = clients_.find(fd);
    if (at == clients_.end()) return;
    Client& client = at->second;
    static char buffer[256 * 1024];
    for (;;) {
      const ssize_t n = ::recv(fd, buffer, sizeof buffer, 0);
      if (n > 0) {
        client.in.append(buffer, static_cast<std::size_t>(n));
        if (n < static_cast<ssize_t>(sizeof buffer)) break;
        continue;
      }
      if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        drop(fd);
        return;
      }
      break;
    }
    flush(client);
    serve(client);
  }

  void serve(Client& client) {
    const std::size_t head = client.in.find("\r\n\r\n");
    if (head == std::string::npos) return;
    std::size_t length = 0;
    for (const char* name : {"Content-Length: ", "content-length: "}) {
      if (const std::size_t at = client.in.find(name); at < head)
        length = std::strtoul(client.in.c_str() + at + 16, nullptr, 10);
    }
    if (client.in.size() < head + 4 + length) return;
    const std::string_view body = std::string_view(client.in).substr(head + 4, length);
    if (client.in.starts_with("POST /fault/")) {
      fail(client, head + 4 + length);
      return;
    }
    if (body.find("\"stream\":true") != std::string_view::npos) {
      client.chunks_left = number_after(body, "\"max_tokens\":");
      client.interval_ms = number_after(body, "each ");
      client.out += stream_head;
      if (client.interval_ms == 0) {
        for (; client.chunks_left > 0; --client.chunks_left) client.out += content_event;
        client.out += stream_end;
      } else {
        due_.push({Clock::now(), client.fd});
      }
    } else {
      client.out += plain_reply;
    }
    client.in.erase(0, head + 4 + length);
    flush(client);
  }

  void fail(Client& client, std::size_t request) {
    const std::size_t name = std::strlen("POST /fault/");
    const auto fault = faults.find(std::string_view(client.in).substr(name, client.in.find('/', name) - name));
    client.in.erase(0, request);
    if (fault == faults.end() || fault->second.then == Fault::Then::wait) return;
    client.out += fault->second.bytes;
    flush(client);
    if (fault->second.then == Fault::Then::keep) return;
    if (fault->second.then == Fault::Then::reset) {
      const linger at_once{1, 0};
      ::setsockopt(client.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    drop(client.fd);
  }

  void flush(Client& client) {
    while (!client.out.empty()) {
      const ssize_t n = ::send(client.fd, client.out.data(), client.out.size(), MSG_NOSIGNAL);
      if (n <= 0) return;
      client.out.erase(0, static_cast<std::size_t>(n));
    }
  }

  [[nodiscard]] int timeout() const {
    if (due_.empty()) return -1;
    const auto left = std::chrono::duration_cast<std::chrono::microseconds>(due_.top().when - Clock::now()).count();
    return left <= 0 ? 0 : static_cast<int>(left / 1000 + 1);
  }

  void tick() {
    const auto now = Clock::now();
    while (!due_.empty() && due_.top().when <= now) {
      const Due due = due_.top();
      due_.pop();
      const auto at = clients_.find(due.fd);
      if (at == clients_.end() || at->second.chunks_left == 0) continue;
      Client& client = at->second;
      client.out += content_event;
      if (--client.chunks_left == 0) {
        client.out += stream_end;
      } else {
        due_.push({due.when + std::chrono::milliseconds(client.interval_ms), due.fd});
      }
      flush(client);
    }
  }

  struct Due {
    Clock::time_point when;
    int fd;

    bool operator<(const Due& other) const { return when > other.when; }
  };

  int listener_ = -1;
  int poll_ = -1;
  std::map<int, Client> clients_;
  std::priority_queue<Due> due_;
};

}  // namespace

int main(int, char** argv) {
  Server(argv[1]).run();
}
