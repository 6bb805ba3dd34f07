package io.llamamesh.fabric;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(
    packages = "io.llamamesh.fabric",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

  @ArchTest
  static final ArchRule packagesHaveNoCycles =
      slices().matching("io.llamamesh.fabric.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule theFabricImportsOnlyJava =
      classes()
          .that()
          .resideOutsideOfPackages("..fabric.store..", "..fabric.transport..")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage("java..", "org.jspecify.annotations", "io.llamamesh.fabric..");

  @ArchTest
  static final ArchRule theTransportAddsOnlyTheMac =
      classes()
          .that()
          .resideInAPackage("..fabric.transport..")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "java..", "javax.crypto..", "org.jspecify.annotations", "io.llamamesh.fabric..");

  /** It is for tests and benchmarks: no program runs on it. */
  @ArchTest
  static final ArchRule nobodyImportsTheSimulator =
      noClasses()
          .that()
          .resideOutsideOfPackage("..fabric.sim..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("..fabric.sim..");

  /** Time, chance and everything else come in as arguments, so that a run can be repeated. */
  @ArchTest
  static final ArchRule theStateMachinesArePure =
      noClasses()
          .that()
          .resideOutsideOfPackages("..fabric.transport..", "..fabric.store..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("java.net..", "java.nio.channels..", "java.nio.file..", "java.time..")
          .orShould()
          .dependOnClassesThat()
          .areAssignableTo(Thread.class)
          .orShould()
          .callMethod(System.class, "nanoTime")
          .orShould()
          .callMethod(System.class, "currentTimeMillis")
          .orShould()
          .callMethod(Math.class, "random");
}
