package io.llamamesh.agent.net;

import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** A destination, prepared once and then used for every datagram to it. */
public final class Remote {

  private final InetSocketAddress address;
  private final long high;
  private final long low;
  private @Nullable MemorySegment nativeAddress;

  /**
   * A destination.
   *
   * @throws IllegalArgumentException when the host name is not resolved
   */
  public Remote(InetSocketAddress address) {
    if (address.isUnresolved()) {
      throw new IllegalArgumentException("not resolved: " + address);
    }
    this.address = address;
    this.high = Ip.high(address.getAddress());
    this.low = Ip.low(address.getAddress());
  }

  /** Address and port. */
  public InetSocketAddress address() {
    return address;
  }

  /** Upper half of the address, as {@link Ip} has it. */
  public long high() {
    return high;
  }

  /** Lower half of the address. */
  public long low() {
    return low;
  }

  /** Whether it is an IPv4 address. */
  public boolean isV4() {
    return Ip.isV4(high, low);
  }

  /** The port. */
  public int port() {
    return address.getPort();
  }

  @Nullable MemorySegment nativeAddress() {
    return nativeAddress;
  }

  void nativeAddress(MemorySegment value) {
    nativeAddress = value;
  }

  @Override
  public String toString() {
    return address.toString();
  }
}
