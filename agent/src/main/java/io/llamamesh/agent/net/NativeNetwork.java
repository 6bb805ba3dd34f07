package io.llamamesh.agent.net;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteOrder;
import java.util.function.LongSupplier;

/** Linux sockets through {@code java.lang.foreign}, on x86-64 and aarch64. */
public final class NativeNetwork implements UdpNetwork {

  private static final int SEND_BUFFER = 8 << 20;
  private static final long SECOND = 1_000_000_000L;

  /** Echo requests are short, and may be fragmented as those of ping(8). */
  private static final UdpOptions PING_OPTIONS = new UdpOptions(1 << 20, false);

  private final ThreadLocal<MemorySegment> timespec =
      ThreadLocal.withInitial(NativeNetwork::timespec);

  private NativeNetwork() {}

  /**
   * The native network, tried out.
   *
   * @throws IOException when this system has none, and why
   */
  public static NativeNetwork create() throws IOException {
    String os = System.getProperty("os.name", "");
    String arch = System.getProperty("os.arch", "");
    if (!os.equals("Linux") || !(arch.equals("amd64") || arch.equals("aarch64"))) {
      throw new IOException("no native sockets for " + os + " on " + arch);
    }
    if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
      throw new IOException("no native sockets for a big-endian machine");
    }
    try {
      NativeNetwork network = new NativeNetwork();
      InetSocketAddress loopback = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0);
      network.open(loopback, new UdpOptions(4096, false)).close();
      return network;
    } catch (LinkageError | RuntimeException e) {
      throw new IOException("native access failed: " + e, e);
    }
  }

  /** The native network, or where that fails {@code java.nio}'s, which says why. */
  public static UdpNetwork orChannels() {
    try {
      return create();
    } catch (IOException e) {
      return new ChannelNetwork(String.valueOf(e.getMessage()));
    }
  }

  @Override
  public UdpSocket open(InetSocketAddress local, UdpOptions options) throws IOException {
    Arena arena = Arena.ofAuto();
    MemorySegment errno = arena.allocate(Libc.errnoBytes(), 8);
    int family = SocketAddress.family(local.getAddress());
    int fd = check(Libc.socket(errno, family, Libc.SOCK_DGRAM_NONBLOCK_CLOEXEC), "socket", local);
    return bound(arena, errno, fd, local, options);
  }

  /** Sets up and binds a socket; closes it where that fails. */
  private UdpSocket bound(
      Arena arena, MemorySegment errno, int fd, InetSocketAddress local, UdpOptions options)
      throws IOException {
    try {
      MemorySegment value = arena.allocate(4, 4);
      configure(errno, fd, value, local.getAddress(), options);
      MemorySegment name = SocketAddress.of(local);
      int length = SocketAddress.bytes(local.getAddress());
      checkBound(Libc.bind(errno, fd, name, length), local);
      value.set(JAVA_INT, 0, SocketAddress.BYTES);
      check(Libc.getsockname(errno, fd, name, value), "getsockname", local);
      InetSocketAddress actual =
          new InetSocketAddress(local.getAddress(), SocketAddress.port(name, 0));
      return new NativeSocket(this, fd, actual, receiveBuffer(errno, fd, value));
    } catch (IOException | RuntimeException e) {
      var _ = Libc.close(errno, fd);
      throw e;
    }
  }

  private static void configure(
      MemorySegment errno, int fd, MemorySegment value, InetAddress address, UdpOptions options)
      throws IOException {
    // Above the system's limit only for the privileged; the rest takes what the limit gives.
    if (set(errno, fd, value, Libc.SOL_SOCKET, Libc.SO_RCVBUFFORCE, options.receiveBufferBytes())
        < 0) {
      require(errno, fd, value, Libc.SOL_SOCKET, Libc.SO_RCVBUF, options.receiveBufferBytes());
    }
    // What waits for neighbours that do not answer is charged to the socket, up to 200 kB for each:
    // it must not take the room of those that do.
    if (set(errno, fd, value, Libc.SOL_SOCKET, Libc.SO_SNDBUFFORCE, SEND_BUFFER) < 0) {
      require(errno, fd, value, Libc.SOL_SOCKET, Libc.SO_SNDBUF, SEND_BUFFER);
    }
    if (options.reusePort()) {
      require(errno, fd, value, Libc.SOL_SOCKET, Libc.SO_REUSEPORT, 1);
    }
    require(errno, fd, value, Libc.SOL_SOCKET, Libc.SO_TIMESTAMPNS, 1);
    require(errno, fd, value, Libc.SOL_SOCKET, Libc.SO_RXQ_OVFL, 1);
    boolean wildcard = address.isAnyLocalAddress();
    if (SocketAddress.family(address) == Libc.AF_INET6) {
      require(errno, fd, value, Libc.IPPROTO_IPV6, Libc.IPV6_V6ONLY, 1);
      require(errno, fd, value, Libc.IPPROTO_IPV6, Libc.IPV6_RECVTCLASS, 1);
      require(errno, fd, value, Libc.IPPROTO_IPV6, Libc.IPV6_RECVERR, 1);
      if (options.dontFragment()) {
        require(errno, fd, value, Libc.IPPROTO_IPV6, Libc.IPV6_MTU_DISCOVER, Libc.PMTUDISC_PROBE);
        require(errno, fd, value, Libc.IPPROTO_IPV6, Libc.IPV6_DONTFRAG, 1);
      }
      if (wildcard) {
        require(errno, fd, value, Libc.IPPROTO_IPV6, Libc.IPV6_RECVPKTINFO, 1);
      }
    } else {
      require(errno, fd, value, Libc.IPPROTO_IP, Libc.IP_RECVTOS, 1);
      require(errno, fd, value, Libc.IPPROTO_IP, Libc.IP_RECVERR, 1);
      int discover = options.dontFragment() ? Libc.PMTUDISC_PROBE : Libc.PMTUDISC_DONT;
      require(errno, fd, value, Libc.IPPROTO_IP, Libc.IP_MTU_DISCOVER, discover);
      if (wildcard) {
        require(errno, fd, value, Libc.IPPROTO_IP, Libc.IP_PKTINFO, 1);
      }
    }
  }

  private static int set(
      MemorySegment errno, int fd, MemorySegment value, int level, int option, int number) {
    value.set(JAVA_INT, 0, number);
    return Libc.setsockopt(errno, fd, level, option, value, 4);
  }

  private static void require(
      MemorySegment errno, int fd, MemorySegment value, int level, int option, int number)
      throws IOException {
    int result = set(errno, fd, value, level, option, number);
    if (result < 0) {
      throw new IOException(
          "socket option " + level + "/" + option + " failed with error " + -result);
    }
  }

  private static int receiveBuffer(MemorySegment errno, int fd, MemorySegment value) {
    MemorySegment length = Arena.ofAuto().allocate(4, 4);
    length.set(JAVA_INT, 0, 4);
    int result = Libc.getsockopt(errno, fd, Libc.SOL_SOCKET, Libc.SO_RCVBUF, value, length);
    // The kernel doubles what it is asked for, to pay for its own book-keeping.
    return result < 0 ? 0 : value.get(JAVA_INT, 0) / 2;
  }

  private static void checkBound(int result, InetSocketAddress local) throws IOException {
    switch (-result) {
      case Libc.EADDRINUSE -> throw new PortTakenException(local);
      case Libc.EADDRNOTAVAIL ->
          throw new BindException("Not an address of this machine: " + local);
      case Libc.EACCES -> throw new BindException("Permission denied: " + local);
      default -> check(result, "bind", local);
    }
  }

  private static int check(int result, String call, InetSocketAddress local) throws IOException {
    if (result < 0) {
      throw new IOException(call + " failed with error " + -result + " for " + local);
    }
    return result;
  }

  @Override
  public UdpSocket openPing(InetAddress local) throws IOException {
    Arena arena = Arena.ofAuto();
    MemorySegment errno = arena.allocate(Libc.errnoBytes(), 8);
    InetSocketAddress any = new InetSocketAddress(local, 0);
    int family = SocketAddress.family(local);
    int protocol = family == Libc.AF_INET6 ? Libc.IPPROTO_ICMPV6 : Libc.IPPROTO_ICMP;
    int fd = Libc.socket(errno, family, Libc.SOCK_DGRAM_NONBLOCK_CLOEXEC, protocol);
    if (fd == -Libc.EACCES || fd == -Libc.EPERM) {
      throw new PingDeniedException();
    }
    return bound(arena, errno, check(fd, "socket", any), any, PING_OPTIONS);
  }

  @Override
  public TcpConnector newConnector() {
    return new NativeConnector();
  }

  @Override
  public Batch newBatch(int slots, int slotBytes) {
    return new NativeBatch(slots, slotBytes);
  }

  @Override
  public Poller newPoller() throws IOException {
    return new NativePoller();
  }

  @Override
  public long realtimeNanos() {
    return realtimeNanos(timespec.get());
  }

  @Override
  public LongSupplier realtimeOfOneThread() {
    MemorySegment time = timespec();
    return () -> realtimeNanos(time);
  }

  private static MemorySegment timespec() {
    return Arena.ofAuto().allocate(16, 8);
  }

  private static long realtimeNanos(MemorySegment time) {
    Libc.realtime(time);
    return time.get(JAVA_LONG, 0) * SECOND + time.get(JAVA_LONG, 8);
  }

  @Override
  public long monotonicNanos() {
    return System.nanoTime(); // CLOCK_MONOTONIC on Linux
  }

  @Override
  public boolean hasKernelStamps() {
    return true;
  }

  @Override
  public String description() {
    return "native (recvmmsg, kernel stamps, error queue)";
  }
}
