package io.llamamesh.packaging;

import io.llamamesh.testkit.store.FakeStoreServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * A store as a process, so that it can be in a network of its own: what is written to it is in a
 * file.
 *
 * <p>Argument: the file. Its URL is on standard output.
 */
final class StoreMain {
  private StoreMain() {}

  public static void main(String[] arguments) throws Exception {
    Path file = Path.of(arguments[0]);
    Object alone = new Object();
    try (FakeStoreServer store = new FakeStoreServer()) {
      store.script(request -> {
        if (request.isWrite()) {
          List<String> lines = request.lines();
          synchronized (alone) {
            Files.write(file, lines, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
          }
        }
        return FakeStoreServer.Reply.of(204, "");
      });
      System.out.println("store on " + store.url());
      new CountDownLatch(1).await();
    }
  }
}
