using System;
using System.Collections.Generic;
using Alias = A.B;

namespace Shop.Core
{
    /// <summary>A shop. Of things.</summary>
    [Serializable]
    public class Shop<T> : Base, ISeller where T : new()
    {
        public const int Limit = 10;
        private readonly List<T> items = new List<T> { };
        public int Count { get; set; } = 3;
        public string Name => "class No {";
        public event EventHandler Changed;

        public Shop(int n) : base(n) { }
        ~Shop() { }

        /// Gives all.
        public async Task<int> Total(int a, string b = "x")
        {
            if (a > 0 && b != null) return 1;
            foreach (var x in items) { while (true) { } }
            switch (a) { case 1: break; default: break; }
            int Local(int z) => z;
            var s = $"{a} {b}" + @"c:\";
            return a > 1 ? 1 : 2;
        }
        int Hidden() => 1;
        public static void Main(string[] args) { }
    }
    public interface ISeller { void Sell(int n); }
    public struct Point { public int X; }
    public enum Door { Open, Shut }
    public record Person(string Name, int Age);
    public delegate void Handler(object sender);
}
