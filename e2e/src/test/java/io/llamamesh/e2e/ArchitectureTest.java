package io.llamamesh.e2e;

import static com.tngtech.archunit.core.domain.JavaAccess.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.name;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import io.fabric8.kubernetes.client.dsl.EditReplacePatchable;

@AnalyzeClasses(packages = "io.llamamesh.e2e", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  @ArchTest
  static final ArchRule NO_CYCLES =
      slices().matching("io.llamamesh.e2e.(*)..").should().beFreeOfCycles();

  /** It judges by what a user sees, never by our own classes. */
  @ArchTest
  static final ArchRule NOTHING_OF_OURS =
      noClasses()
          .that()
          .resideInAPackage("io.llamamesh.e2e..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.llamamesh.crd..",
              "io.llamamesh.results..",
              "io.llamamesh.agent..",
              "io.llamamesh.scraper..",
              "io.llamamesh.operator..");

  /** Controllers and kubelets write to all that a row edits: an edit must survive a conflict. */
  @ArchTest
  static final ArchRule EDITS_DESPITE_OTHERS =
      noClasses()
          .should()
          .callMethodWhere(
              target(owner(assignableTo(EditReplacePatchable.class))).and(target(name("edit"))))
          .because("io.llamamesh.testkit.Edits tries again after a conflict");

  @ArchTest
  static final ArchRule ONLY_MAIN_EXITS =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.llamamesh.e2e.main..")
          .should()
          .callMethod(System.class, "exit", int.class);
}
