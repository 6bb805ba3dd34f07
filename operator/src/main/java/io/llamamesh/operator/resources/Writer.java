package io.llamamesh.operator.resources;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;

/**
 * Writes objects by server-side apply, several at a time; one that fails does not keep the others
 * from being written.
 *
 * <p>Any thread may call; {@link #close} ends its threads.
 */
public final class Writer implements AutoCloseable {
  /** Owner of our fields in {@code metadata.managedFields}. */
  public static final String FIELD_MANAGER = "llama-mesh-operator";

  private static final int AT_ONCE = 8;

  private final KubernetesClient client;
  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("writer-", 0).factory());
  private final Semaphore slots = new Semaphore(AT_ONCE);

  public Writer(KubernetesClient client) {
    this.client = client;
  }

  /**
   * What became of a batch.
   *
   * @param written how many were written
   * @param failures one line each for those that were not, naming the object
   */
  public record Outcome(int written, List<String> failures) {
    public Outcome {
      failures = List.copyOf(failures);
    }

    /** Both batches together. */
    public Outcome and(Outcome other) {
      List<String> all = new ArrayList<>(failures);
      all.addAll(other.failures);
      return new Outcome(written + other.written, all);
    }
  }

  /**
   * Applies objects, taking over fields that others set.
   *
   * @param onWritten called with each object as the server has it now; may be called on several
   *     threads at once
   */
  public <T extends HasMetadata> Outcome apply(Collection<T> objects, Consumer<? super T> onWritten)
      throws InterruptedException {
    return each(
        objects,
        object ->
            onWritten.accept(
                client
                    .resource(object)
                    .fieldManager(FIELD_MANAGER)
                    .forceConflicts()
                    .serverSideApply()));
  }

  /** Deletes objects; one that is gone already is fine. */
  public <T extends HasMetadata> Outcome delete(Collection<T> objects) throws InterruptedException {
    return each(objects, object -> client.resource(object).delete());
  }

  private <T extends HasMetadata> Outcome each(Collection<T> objects, Consumer<T> action)
      throws InterruptedException {
    List<Future<?>> running = new ArrayList<>();
    List<T> order = List.copyOf(objects);
    for (T object : order) {
      slots.acquire();
      running.add(
          threads.submit(() -> {
            try {
              action.accept(object);
            } finally {
              slots.release();
            }
          }));
    }
    int written = 0;
    List<String> failures = new ArrayList<>();
    for (int i = 0; i < order.size(); i++) {
      try {
        running.get(i).get();
        written++;
      } catch (ExecutionException e) {
        failures.add(line(order.get(i), e.getCause() == null ? e : e.getCause()));
      }
    }
    return new Outcome(written, failures);
  }

  private static String line(HasMetadata object, Throwable cause) {
    String why =
        cause instanceof KubernetesClientException k && k.getStatus() != null
            ? k.getStatus().getMessage()
            : String.valueOf(cause.getMessage());
    return object.getKind() + " " + object.getMetadata().getName() + ": " + why;
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
