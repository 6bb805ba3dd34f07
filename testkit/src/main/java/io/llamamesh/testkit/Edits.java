package io.llamamesh.testkit;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;

/** Edits of objects that controllers, kubelets and programs under test write to meanwhile. */
public final class Edits {
  private static final Duration WITHIN = Duration.ofSeconds(30);
  private static final Duration PAUSE = Duration.ofMillis(50);

  private Edits() {}

  /**
   * Edits an object; after a conflict it is read and edited anew.
   *
   * @param change of the object as it is now
   * @throws IllegalStateException where others change it all the time
   */
  public static <T> void edit(Resource<T> resource, UnaryOperator<T> change) {
    retryOnConflict(() -> resource.edit(change));
  }

  /**
   * The same for any kind of edit.
   *
   * @param edit reads the object and writes it, each time that it is called
   */
  public static void retryOnConflict(Runnable edit) {
    long end = System.nanoTime() + WITHIN.toNanos();
    while (true) {
      try {
        edit.run();
        return;
      } catch (KubernetesClientException e) {
        if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
          throw e;
        }
        if (System.nanoTime() > end) {
          throw new IllegalStateException("others change it all the time", e);
        }
        LockSupport.parkNanos(PAUSE.toNanos());
      }
    }
  }
}
