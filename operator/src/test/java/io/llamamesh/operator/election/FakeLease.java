package io.llamamesh.operator.election;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/** A Lease in memory, with one way to it for each candidate. */
final class FakeLease {
  private @Nullable Lease lease;
  private int version;

  /** A candidate's way to the Lease, which can be blocked or refuse. */
  final class Client implements LeaseStore {
    private volatile CountDownLatch open = new CountDownLatch(0);
    private volatile @Nullable RuntimeException refusal;

    /** Requests get no answer until {@link #unblock}. */
    void block() {
      open = new CountDownLatch(1);
    }

    void unblock() {
      open.countDown();
    }

    /** Requests fail with this, or with null go through again. */
    void refuse(@Nullable RuntimeException with) {
      refusal = with;
    }

    private void pass() {
      try {
        open.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      if (refusal != null) {
        throw refusal;
      }
    }

    @Override
    public @Nullable Lease get() {
      pass();
      return read();
    }

    @Override
    public Lease create(Lease given) {
      pass();
      return write(given, true);
    }

    @Override
    public Lease replace(Lease given) {
      pass();
      return write(given, false);
    }

    @Override
    public String name() {
      return "net/lease";
    }
  }

  Client way() {
    return new Client();
  }

  synchronized @Nullable Lease read() {
    return lease;
  }

  /** As by an administrator's hand. */
  synchronized void put(@Nullable Lease given) {
    version++;
    lease = given == null ? null : versioned(given);
  }

  private synchronized Lease write(Lease given, boolean create) {
    Lease now = lease;
    if (create ? now != null : now == null) {
      throw new KubernetesClientException("there or gone", create ? 409 : 404, null);
    }
    if (now != null
        && !now.getMetadata()
            .getResourceVersion()
            .equals(given.getMetadata().getResourceVersion())) {
      throw new KubernetesClientException("changed", 409, null);
    }
    version++;
    Lease next = versioned(given);
    lease = next;
    return next;
  }

  private Lease versioned(Lease given) {
    return new LeaseBuilder(given)
        .editOrNewMetadata()
        .withResourceVersion(Integer.toString(version))
        .endMetadata()
        .build();
  }

  String holder() {
    Lease now = read();
    String holder = now == null || now.getSpec() == null ? null : now.getSpec().getHolderIdentity();
    return holder == null ? "" : holder;
  }
}
