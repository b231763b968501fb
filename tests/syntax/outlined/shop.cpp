#include <vector>
namespace shop {

template <typename T>
class Box : public Base {
  int hidden() { return 1; }
public:
  Box() : a_{1}, b_(2) { go(); }
  explicit Box(int a);
  ~Box() = default;
  virtual int size() const = 0;
  std::function<void(int)> callback;
  bool operator==(const Box &o) const { return a_ == o.a_; }
  // Gives.
  T get(int i) const override {
    if (i > 0 && i < 3) { for (auto x : v) { } }
    return [](int q) { return q; }(i);
  }
  enum class Kind { A, B };
  struct Inner { int x; };
private:
  int a_, b_ = {3};
};

using Number = int;
enum Door : int { Open };

int Box<int>::late(int a) { return a; }

static const int LIMIT{3};
const int OTHER = 4;
const char *raw = R"x(int no() { "a)x";

template <class T> T twice(T a) { return a + a; }

}  // namespace shop

extern "C" {
int plain(void) { return 1; }
}

auto main() -> int { return 0; }
