package io.llamamesh.agent.net;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/** One socket by its file descriptor. */
final class NativeSocket implements UdpSocket {

  private static final int CLOSED = -1;
  private static final int RETRIES = 4;

  /**
   * Most tries of a send: while somebody floods a port with forged errors, one is often waiting
   * again before the next try.
   */
  private static final int SENDS = 16;

  /** Nine numbers of {@code SO_MEMINFO}, {@code SK_MEMINFO_DROPS} being the last. */
  private static final int MEMORY_BYTES = 36;

  private static final int MEMORY_AT_DROPS = 32;

  private final NativeNetwork network;
  private final InetSocketAddress local;
  private final int receiveBuffer;
  private final long localHigh;
  private final long localLow;
  private final boolean wildcard;
  private final MemorySegment errno;
  private final ErrorQueue errors;
  private final MemorySegment memory = Arena.ofAuto().allocate(4 + MEMORY_BYTES, 4);
  private final ReceiveDrops drops;
  private final ControlReader controls;
  private final SendMessage message;
  private int fd;

  NativeSocket(NativeNetwork network, int fd, InetSocketAddress local, int receiveBuffer) {
    this.network = network;
    this.fd = fd;
    this.local = local;
    this.receiveBuffer = receiveBuffer;
    InetAddress address = local.getAddress();
    this.localHigh = Ip.high(address);
    this.localLow = Ip.low(address);
    this.wildcard = address.isAnyLocalAddress();
    this.errno = Arena.ofAuto().allocate(Libc.errnoBytes(), 8);
    this.errors = new ErrorQueue(errno);
    boolean v6 = SocketAddress.family(address) == Libc.AF_INET6;
    UdpErrors udp = v6 ? UdpErrors.V6 : UdpErrors.V4;
    this.drops = new ReceiveDrops(this::kernelDrops, udp::bufferErrors);
    this.controls = new ControlReader(drops);
    this.message = new SendMessage(v6);
  }

  int fd() {
    return fd;
  }

  @Override
  public InetSocketAddress local() {
    return local;
  }

  @Override
  public int receiveBufferBytes() {
    return receiveBuffer;
  }

  @Override
  public int receive(Batch batch) {
    NativeBatch slots = (NativeBatch) batch;
    slots.reset();
    int count = Libc.recvmmsg(errno, fd, slots.headers, slots.slots());
    for (int retry = 0; count < 0 && count != -Libc.EAGAIN && retry < RETRIES; retry++) {
      // An error of an earlier send was queued before the datagrams.
      errors.drainKernel(fd);
      count = Libc.recvmmsg(errno, fd, slots.headers, slots.slots());
    }
    if (count <= 0) {
      drops.refresh();
      return 0;
    }
    slots.markFilled(count);
    long readAt = 0;
    for (int slot = 0; slot < count; slot++) {
      long header = NativeBatch.header(slot);
      slots.length[slot] = slots.headers.get(JAVA_INT, header + NativeBatch.AT_RECEIVED);
      slots.truncated[slot] =
          (slots.headers.get(JAVA_INT, header + NativeBatch.AT_FLAGS) & Libc.MSG_TRUNC) != 0;
      long name = NativeBatch.name(slot);
      slots.sourceHigh[slot] = SocketAddress.high(slots.names, name);
      slots.sourceLow[slot] = SocketAddress.low(slots.names, name);
      slots.sourcePort[slot] = SocketAddress.port(slots.names, name);
      slots.localHigh[slot] = localHigh;
      slots.localLow[slot] = localLow;
      controls.read(slots, slot);
      if (!slots.kernelStamp[slot]) {
        readAt = readAt == 0 ? network.realtimeNanos() : readAt;
        slots.stamp[slot] = readAt;
      }
    }
    drops.recordArrival(slots.stamp[0]);
    drops.refresh();
    return count;
  }

  @Override
  public SendResult send(Payload payload, int length, Remote to, int tos) {
    message.data(payload.segment().address(), length);
    to(to);
    message.control(tos);
    return send();
  }

  private void to(Remote to) {
    if (to.nativePointer() == 0) {
      to.nativeAddress(
          SocketAddress.of(to.address()), SocketAddress.bytes(to.address().getAddress()));
    }
    message.to(to.nativePointer(), to.nativeBytes());
  }

  @Override
  public SendResult forward(Batch batch, int slot, Remote to, int tos) {
    NativeBatch slots = (NativeBatch) batch;
    message.data(slots.data.address() + slots.offset(slot), slots.length[slot]);
    to(to);
    message.control(tos);
    return send();
  }

  @Override
  public SendResult reply(Batch batch, int slot, int tos) {
    NativeBatch slots = (NativeBatch) batch;
    message.data(slots.data.address() + slots.offset(slot), slots.length[slot]);
    message.to(slots.names.address() + NativeBatch.name(slot), slots.nameLength(slot));
    if (wildcard) {
      message.control(
          tos, slots.localHigh[slot], slots.localLow[slot], slots.receivedInterface(slot));
    } else {
      message.control(tos);
    }
    return send();
  }

  private SendResult send() {
    int result = Libc.sendmsg(errno, fd, message.segment());
    for (int retry = 0; result < 0 && retry < SENDS; retry++) {
      if (result == -Libc.EAGAIN || result == -Libc.ENOBUFS) {
        return SendResult.NO_BUFFER;
      }
      // It may be the error of another destination that was waiting for the next call: once that is
      // taken off the queue, this datagram gets its own try.
      int collected = result == -Libc.EINTR ? 1 : errors.drainKernel(fd);
      // A filter's refusal is never another's: to try again would halve what the filter drops. And
      // each try of what is too long queues an error of its own; EMSGSIZE alone proves nothing, for
      // an ICMP error of any sender is reported by it, too.
      boolean tooLong = result == -Libc.EMSGSIZE && errors.hasDrainedLocal();
      boolean again = retry == 0 || (collected > 0 && !tooLong);
      if (result == -Libc.EPERM || !again) {
        break;
      }
      result = Libc.sendmsg(errno, fd, message.segment());
    }
    return result >= 0 ? SendResult.SENT : failure(-result);
  }

  private static SendResult failure(int error) {
    return switch (error) {
      case Libc.EAGAIN, Libc.ENOBUFS -> SendResult.NO_BUFFER;
      case Libc.ENETUNREACH, Libc.EHOSTUNREACH, Libc.EADDRNOTAVAIL -> SendResult.UNREACHABLE;
      case Libc.EPERM, Libc.EACCES -> SendResult.DENIED;
      case Libc.EMSGSIZE -> SendResult.TOO_BIG;
      default -> SendResult.FAILED;
    };
  }

  @Override
  public int drainErrors(ErrorSink sink) {
    return errors.deliver(sink);
  }

  private int kernelDrops(int carried) {
    memory.set(JAVA_INT, 0, MEMORY_BYTES);
    int result =
        Libc.getsockopt(errno, fd, Libc.SOL_SOCKET, Libc.SO_MEMINFO, memory.asSlice(4), memory);
    return result < 0 ? carried : memory.get(JAVA_INT, 4 + MEMORY_AT_DROPS);
  }

  @Override
  public long overflows() {
    return drops.overflows();
  }

  @Override
  public long otherDrops() {
    return drops.others();
  }

  @Override
  public void close() {
    int open = fd;
    fd = CLOSED;
    if (open != CLOSED) {
      var _ = Libc.close(errno, open);
    }
  }
}
