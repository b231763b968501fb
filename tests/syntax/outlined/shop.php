<html><?php
namespace App\Core;

use App\Models\User;
use App\{A, B as C};
require_once 'lib/x.php';

const LIMIT = 10;

/**
 * Adds. Things.
 */
function add(int $a, $b = 1): int {
    if ($a && $b) { return 1; }
    foreach ($b as $x) { while (true) { } }
    switch ($a) { case 1: break; default: }
    $f = function ($x) use ($a) { return $x; };
    return $a ? 1 : ($b ?? 2);
}

abstract class Shop extends Base implements Seller {
    use Logs;
    const SIZE = 3;
    private $name = 'function no() {';
    public function __construct(private int $n) {}
    // Gives.
    public static function total(?User $u): ?int { return 1; }
    private function hidden() { return <<<EOT
function no() {
EOT; }
    abstract function late();
}

interface Seller { public function sell(int $n): void; }
trait Logs { function log($m) {} }
enum Door: string { case Open = 'o'; public function f(): int { return 1; } }
